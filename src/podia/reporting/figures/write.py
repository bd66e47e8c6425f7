"""``podia figures``: write every plot of a report or comparison as files for a publication."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Literal

from podia.data.errors import InvalidInputError, MissingDependencyError
from podia.data.progress import Progress, silent
from podia.files.atomic import atomic_path
from podia.io.layout import REPORT
from podia.reporting.figures.draw import draw_plot
from podia.reporting.figures.page_plots import PagePlot, page_plots

Format = Literal["pdf", "svg", "png"]
FORMATS: tuple[Format, ...] = ("pdf", "svg", "png")

SINGLE_COLUMN_MM = 85.0
"""Width of one column in most journals."""

_PAGES = (REPORT, "compare.html")
_FONTS = ("Arial", "Helvetica", "Liberation Sans", "DejaVu Sans")


def write_figures(
    folder: str | Path,
    output: str | Path | None = None,
    *,
    width_mm: float = SINGLE_COLUMN_MM,
    formats: Sequence[str] = FORMATS,
    dpi: int = 600,
    progress: Progress = silent,
) -> list[Path]:
    """Write each plot of a report or comparison with its data as CSV, and return the paths.

    Texts stay texts in PDF and SVG. The same page gives the same bytes under the same version of matplotlib.

    Parameters
    ----------
    folder
        Analysis folder, folder of a comparison, or a page.
    output
        Where the files go: ``figures`` in the folder if None. Created if it is missing.
    width_mm
        Width of each figure: 85 mm for one column of most journals, 174 mm for two. Texts of the labels then have
        7 pt and 14 pt.
    formats
        Any of ``pdf``, ``svg`` and ``png``.
    dpi
        Resolution of PNG files.
    progress
        Called after each plot.

    Raises
    ------
    InvalidInputError
        If the folder has no page with plots, or a format or the width is not possible.
    MissingDependencyError
        If matplotlib is not installed.
    OutputError
        If a file cannot be written.

    Examples
    --------
    >>> import podia
    >>> podia.write_figures("results/movie")  # doctest: +SKIP
    """
    for name in formats:
        if name not in FORMATS:
            raise InvalidInputError(f"There is no format '{name}'. Supported: {', '.join(FORMATS)}.")
    if not 20 <= width_mm <= 500:
        raise InvalidInputError(f"The width must be 20 to 500 mm, not {width_mm:g}.")
    page = _page_of(Path(folder))
    plots = page_plots(page)
    target = page.parent / "figures" if output is None else Path(output)
    written: list[Path] = []
    with _settings():
        for index, plot in enumerate(plots):
            written += _write(plot, target, width_mm, formats, dpi)
            progress("figures", index + 1, len(plots))
    return written


def _page_of(folder: Path) -> Path:
    if folder.is_file():
        return folder
    for name in _PAGES:
        if (folder / name).is_file():
            return folder / name
    raise InvalidInputError(
        f"'{folder}' has neither {_PAGES[0]} nor {_PAGES[1]}. Use an analysis folder of podia run, or the "
        "folder of podia compare."
    )


def _settings() -> Any:
    try:
        from matplotlib import font_manager, rc_context
    except ImportError:
        raise MissingDependencyError(
            'Figures require an additional package: pip install "podia[figures]".'
        ) from None
    installed = {font.name for font in font_manager.fontManager.ttflist}
    fonts = [name for name in _FONTS if name in installed] or ["sans-serif"]
    return rc_context(
        {
            "font.family": fonts,
            "svg.fonttype": "none",
            "pdf.fonttype": 42,
            "svg.hashsalt": "podia",
            "path.simplify": False,
        }
    )


def _write(plot: PagePlot, target: Path, width_mm: float, formats: Sequence[str], dpi: int) -> list[Path]:
    figure = draw_plot(plot.svg, width_mm)
    written = []
    for name in formats:
        path = target / f"{plot.name}.{name}"
        metadata: dict[str, Any] = {"Title": plot.title}
        if name == "pdf":
            metadata |= {"CreationDate": None}
        elif name == "svg":
            metadata |= {"Date": None}
        with atomic_path(path) as temporary:
            figure.savefig(temporary, format=name, dpi=dpi, metadata=metadata)
        written.append(path)
    if plot.data:
        path = target / f"{plot.name}.csv"
        with atomic_path(path) as temporary:
            temporary.write_text(plot.data, encoding="utf-8", newline="\n")
        written.append(path)
    return written
