"""The report of one movie, a self-contained page."""

from __future__ import annotations

from pathlib import Path
from typing import overload

from podia.data.arguments import settle_config
from podia.data.calibration import Calibration
from podia.data.config import Settings
from podia.data.movie import Movie
from podia.data.progress import Progress, silent
from podia.measurement.measure import Measurements
from podia.reporting.config import ReportConfig
from podia.reporting.corrections import listed_corrections
from podia.reporting.event_list import event_kinds
from podia.reporting.inputs import Reportable, ReportInputs, inputs_of
from podia.reporting.key_numbers import key_numbers
from podia.reporting.method import glossary, output_files
from podia.reporting.method import settings as settings_of
from podia.reporting.network import network_words
from podia.reporting.page import write_page
from podia.reporting.quality import checked_and_fine, quality_warnings
from podia.reporting.sections.cells import cells_section
from podia.reporting.sections.culture import culture_section
from podia.reporting.sections.edge import edge_section
from podia.reporting.sections.figure import Section
from podia.reporting.sections.lineages import lineages_section
from podia.reporting.sections.migration import migration_section
from podia.reporting.sections.motion import motion_section
from podia.reporting.sections.protrusions import protrusions_section
from podia.reporting.sections.shapes import shapes_section
from podia.reporting.sections.stability import stability_section
from podia.reporting.suspects import suspects_data
from podia.reporting.viewer import viewer_data
from podia.reporting.viewer_parts import OPERATIONS, SCRIPTS
from podia.reporting.wording import NOT_DEFINED, count, elapsed, number
from podia.version import __version__


@overload
def report(
    source: ReportInputs | Measurements | Reportable,
    path: str | Path,
    config: ReportConfig | None = None,
    *,
    progress: Progress = silent,
) -> Path: ...


@overload
def report(
    source: ReportInputs | Measurements | Reportable,
    path: str | Path,
    *,
    settings: Settings,
    progress: Progress = silent,
) -> Path: ...


def report(
    source: ReportInputs | Measurements | Reportable,
    path: str | Path,
    config: ReportConfig | None = None,
    *,
    settings: Settings | None = None,
    progress: Progress = silent,
) -> Path:
    """Write a report, one self-contained HTML page, and return its path.

    The same inputs give the same bytes. Frames are read one at a time, and the page's size is bounded by
    ``config.max_page_mb`` whatever the movie's length.

    Parameters
    ----------
    source
        What :func:`podia.measure` or :func:`podia.open` returned.
    path
        The page to write.
    config
        Settings; defaults where None.
    settings
        In place of `config`: single settings with the keys of the command line, such as
        ``{"report.max_page_mb": 20}``; the leading ``report.`` may be left out.
    progress
        Called for each frame that the page shows.

    Raises
    ------
    InvalidInputError
        If `source` is of another type, or movie, labels and tables do not fit together.
    ConfigurationError
        If a setting is unknown or out of bounds.
    OutputError
        If the page cannot be written.

    Examples
    --------
    >>> import podia
    >>> tables = podia.measure(movie, labels, lineage)  # doctest: +SKIP
    >>> podia.report(tables, "report.html")  # doctest: +SKIP
    """
    inputs = inputs_of(source)
    config = settle_config(ReportConfig, config, settings, section="report")
    movie = inputs.movie
    return write_page(
        "report.html.j2",
        Path(path),
        name=movie.name,
        version=__version__,
        facts=[*facts(movie), *([inputs.segmented_by] if inputs.segmented_by else [])],
        tiles=key_numbers(inputs),
        warnings=quality_warnings(inputs),
        fine=checked_and_fine(inputs),
        networks=network_words(inputs),
        viewer=viewer_data(inputs, config, progress),
        scripts=SCRIPTS,
        operations=OPERATIONS,
        events=event_kinds(inputs),
        suspects=suspects_data(inputs),
        n_suspects=len(inputs.suspects),
        n_frames=movie.n_frames,
        sections=sections(inputs, config),
        corrections=listed_corrections(inputs.run),
        files=output_files(inputs),
        settings=settings_of({name: value for name, value in inputs.run.items() if name != "corrections"}),
        glossary=glossary(inputs.calibration),
        not_defined=NOT_DEFINED,
    )


def sections(inputs: ReportInputs, config: ReportConfig) -> list[Section]:
    """Return the sections in order; those that have nothing to say without outlines are left out."""
    of_outlines = (
        []
        if inputs.positions_only
        else [f(inputs) for f in (shapes_section, protrusions_section, edge_section)]
    )
    return [
        cells_section(inputs),
        culture_section(inputs),
        *filter(None, (lineages_section(inputs),)),
        motion_section(inputs, config),
        migration_section(inputs),
        *of_outlines,
        stability_section(inputs),
    ]


def facts(movie: Movie) -> list[str]:
    """Return what a movie is, in a few short texts: its length, its size, and both calibrations or their lack."""
    height, width = movie.frame_shape
    return [count(movie.n_frames, "frame"), _size(width, height, movie.calibration), _interval(movie)]


def _size(width: int, height: int, calibration: Calibration) -> str:
    pixels = f"{width} × {height} px"
    pixel = calibration.pixel_size_um
    if pixel is None:
        return f"{pixels}, pixel size unknown"
    return f"{pixels} of {number(pixel, 'µm', digits=4)} ({number(width * pixel)} × {number(height * pixel, 'µm')})"


def _interval(movie: Movie) -> str:
    interval = movie.calibration.frame_interval_s
    if interval is None:
        return "frame interval unknown"
    if movie.n_frames == 1:
        return f"one frame every {elapsed(interval)}"
    return f"one frame every {elapsed(interval)}, {elapsed(interval * (movie.n_frames - 1))} in total"
