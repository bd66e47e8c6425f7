"""Measure a movie: all tables and kymographs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import overload

import numpy as np
from numpy.typing import NDArray

from podia.data.arguments import require_kind, settle_config
from podia.data.config import Settings
from podia.data.contacts import ContactRecord
from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.field_of_view import FieldOfView
from podia.data.lineage import Lineage
from podia.data.movie import LabelImage, LabelMovie, Movie
from podia.data.progress import Progress, silent
from podia.measurement.assemble import AssembledTables, assemble
from podia.measurement.changed_cells import measure_changed_cells
from podia.measurement.config import MeasurementConfig
from podia.measurement.frame import FrameMeasures, measure_frame
from podia.measurement.positions_only import measure_positions


class Measurements(AssembledTables):
    """All tables and the kymographs of a movie, in calibrated units, and what they were measured on.

    Parameters
    ----------
    tables
        Every table of :data:`podia.data.tables.ALL_TABLES` by its name.
    kymographs
        Velocity and intensity along the edge of each cell.
    movie, labels, lineage, drift
        Arguments of :func:`measure`.
    """

    def __init__(
        self,
        tables: AssembledTables,
        *,
        movie: Movie,
        labels: LabelMovie,
        lineage: Lineage,
        drift: Drift,
    ) -> None:
        super().__init__(dict(tables), tables.kymographs)
        self.movie, self.labels, self.lineage, self.drift = movie, labels, lineage, drift


@overload
def measure(
    movie: Movie,
    labels: LabelMovie,
    lineage: Lineage,
    config: MeasurementConfig | None = None,
    *,
    drift: Drift | None = None,
    contacts: Iterable[ContactRecord] = (),
    progress: Progress = silent,
) -> Measurements: ...


@overload
def measure(
    movie: Movie,
    labels: LabelMovie,
    lineage: Lineage,
    *,
    settings: Settings,
    drift: Drift | None = None,
    contacts: Iterable[ContactRecord] = (),
    progress: Progress = silent,
) -> Measurements: ...


def measure(
    movie: Movie,
    labels: LabelMovie,
    lineage: Lineage,
    config: MeasurementConfig | None = None,
    *,
    settings: Settings | None = None,
    drift: Drift | None = None,
    contacts: Iterable[ContactRecord] = (),
    progress: Progress = silent,
) -> Measurements:
    """Measure a movie: return all tables. One frame is in memory at a time.

    Parameters
    ----------
    movie
        Grey values ``(T, Y, X)`` as recorded; its calibration sets the units.
    labels
        Cells of every frame, in the same pixels. For positions, only motion is measured; other measures are undefined.
    lineage
        Tracks of the labels. Labels without a track are ignored.
    config
        Settings. Default: the default settings.
    settings
        Instead of `config`: individual settings with the keys of the command line, such as
        ``{"measurement.edge.band": "2.5 um"}``; the leading ``measurement.`` may be left out.
    drift
        Drift of the field, which is removed from positions before motion is measured.
    contacts
        Corrections of cells in contact (:attr:`podia.TrackingResult.contacts`), listed among the events.
    progress
        Called after every frame.

    Raises
    ------
    InvalidInputError
        If movie, labels and drift differ in size, the lineage has a cell that the labels lack, or an argument has the
        wrong type.
    ConfigurationError
        If a setting is unknown or out of bounds.

    Examples
    --------
    >>> import pandas as pd
    >>> from podia.data.calibration import Calibration
    >>> labels = np.zeros((2, 40, 40), np.uint16)
    >>> labels[0, 10:20, 10:20] = labels[1, 10:20, 13:23] = 1
    >>> nodes = pd.DataFrame({"frame": [0, 1], "label": 1, "track_id": 7, "y": 14.5, "x": [14.5, 17.5]})
    >>> movie = Movie.from_array(labels * 9, Calibration(pixel_size_um=0.5, frame_interval_s=60))
    >>> tables = measure(movie, LabelMovie.from_array(labels), Lineage(nodes))
    >>> tables.cells["speed_um_per_min"].tolist()
    [nan, 1.5]
    """
    require_kind(movie, Movie, "movie", "podia.read opens a movie.")
    require_kind(labels, LabelMovie, "labels", "podia.segment and podia.read_labels return them.")
    require_kind(lineage, Lineage, "lineage", "podia.track and podia.read_tracks return one.")
    config = settle_config(MeasurementConfig, config, settings, section="measurement")
    if labels.shape != movie.shape:
        raise InvalidInputError(
            f"The labels '{labels.name}' are {labels.shape} (T, Y, X), the movie '{movie.name}' is "
            f"{movie.shape}. They must have the same size: use the labels of this movie."
        )
    frames = _measured_frames(movie, labels, config, progress)
    tables = assemble(frames, lineage, movie.calibration, config, drift=drift, contacts=contacts)
    drift = Drift.none(movie.n_frames) if drift is None else drift
    return Measurements(tables, movie=movie, labels=labels, lineage=lineage, drift=drift)


def _measured_frames(
    movie: Movie, labels: LabelMovie, config: MeasurementConfig, progress: Progress
) -> Iterator[FrameMeasures]:
    for frame in range(movie.n_frames):
        yield measure_labels(movie, labels, frame, config)
        progress("measure", frame + 1, movie.n_frames)


def measure_labels(
    movie: Movie,
    labels: LabelMovie,
    frame: int,
    config: MeasurementConfig,
    field: FieldOfView | None = None,
    *,
    confidence: NDArray[np.float64] | None = None,
    before: tuple[LabelImage, FrameMeasures] | None = None,
) -> FrameMeasures:
    """Return the measures of one frame, from its masks, or from its positions if there are no masks.

    `field` is the searched part of the frame. Default: all of it. A frame without a picture has no grey values and no
    cover, unless it is out of focus and somebody drew cells in it. `confidence` contains one value per label, with that
    of label k at index k. `before` contains earlier labels of the frame and their measures, which unchanged cells keep.
    """
    arguments = movie.frame(frame), labels.frame(frame), config, movie.calibration, field
    if labels.positions_only:
        found = measure_positions(*arguments)
    elif before is None:
        found = measure_frame(*arguments)
    else:
        found = measure_changed_cells(*arguments, labels_before=before[0], before=before[1])
    return complete_measures(found, movie, frame, confidence)


def complete_measures(
    found: FrameMeasures, movie: Movie, frame: int, confidence: NDArray[np.float64] | None = None
) -> FrameMeasures:
    """Return the measures of a frame with the confidences of its cells; see :func:`measure_labels`."""
    known = np.nan if confidence is None else confidence[found.cells["label"]]
    found = replace(found, cells=found.cells.assign(confidence=known))
    if movie.is_blank(frame) or (found.cells.empty and movie.is_unclear(frame)):
        return replace(
            found,
            intensity_mean=float("nan"),
            intensity_std=float("nan"),
            cover_of_rows=np.full_like(found.cover_of_rows, np.nan),
            cover_of_columns=np.full_like(found.cover_of_columns, np.nan),
        )
    return found
