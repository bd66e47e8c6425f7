"""Measure a movie: all tables and kymographs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.arguments import require_kind, settle_config
from podia.data.calibration import Calibration
from podia.data.config import Settings
from podia.data.contacts import ContactRecord
from podia.data.drift import Drift
from podia.data.errors import InvalidInputError
from podia.data.field_of_view import FieldOfView
from podia.data.kymographs import Kymographs
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie, Movie
from podia.data.named_tables import Tables
from podia.data.progress import Progress, silent
from podia.data.schema import TableSchema
from podia.data.tables import (
    CELLS,
    DIVISION_ROUNDING,
    EDGE_CORRELATION,
    EDGE_EVENTS,
    EDGES,
    EVENTS,
    FRAMES,
    MIGRATION,
    MIGRATION_LAGS,
    MIGRATION_MOVIE,
    MSD,
    PROTRUSION_EVENTS,
    PROTRUSIONS,
    SHAPE_MODES,
    SHAPE_OUTLINES,
    SHAPE_TRANSITIONS,
    SHAPES,
    TRACKS,
)
from podia.measurement.config import MeasurementConfig
from podia.measurement.edge.correlation import edge_correlation
from podia.measurement.edge.events import edge_events
from podia.measurement.edge.following import Allocate, EdgeFollower, in_memory
from podia.measurement.events import list_events
from podia.measurement.frame import FrameMeasures, measure_frame
from podia.measurement.migration.summarise import summarise_migration
from podia.measurement.positions_only import measure_positions
from podia.measurement.protrusions.directions import headings, turned
from podia.measurement.protrusions.history import length_errors, protrusion_events
from podia.measurement.protrusions.linking import link_tips
from podia.measurement.shapes.fourier import outline_descriptors
from podia.measurement.shapes.rounding import division_rounding
from podia.measurement.shapes.summarise import summarise_shapes
from podia.measurement.tracks import add_motion, summarise_tracks


class AssembledTables(Tables):
    """All tables and the kymographs of a movie, in calibrated units."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], kymographs: Kymographs) -> None:
        super().__init__(tables)
        self.kymographs = kymographs


class Measurements(AssembledTables):
    """All tables and the kymographs of a movie, in calibrated units, and what they were measured on.

    Parameters
    ----------
    tables
        Every table of :data:`podia.data.tables.ALL_TABLES` by its name.
    kymographs
        What happens along the edge of each cell.
    movie, labels, lineage, drift
        What was given to :func:`measure`.
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
    """Return all tables of a movie. One frame is in memory at a time.

    Parameters
    ----------
    movie
        Grey values ``(T, Y, X)`` as recorded; its calibration sets the units.
    labels
        Cells of every frame, in the same pixels. Of positions only motion is measured; the rest is undefined.
    lineage
        Which label belongs to which track. Labels that it does not know are ignored.
    config
        Settings; defaults where None.
    settings
        In place of `config`: single settings with the keys of the command line, such as
        ``{"measurement.edge.band": "2.5 um"}``; the leading ``measurement.`` may be left out.
    drift
        How the field moved; removed from positions before motion is measured.
    contacts
        What tracking did about cells that touch (:attr:`podia.Followed.contacts`); listed among the events.
    progress
        Called after every frame.

    Raises
    ------
    InvalidInputError
        If movie, labels and drift differ in size, the lineage has a cell that the labels lack, or an argument is of
        the wrong type.
    ConfigurationError
        If a setting is unknown or out of bounds.

    Examples
    --------
    >>> labels = np.zeros((2, 40, 40), np.uint16)
    >>> labels[0, 10:20, 10:20] = labels[1, 10:20, 13:23] = 1
    >>> nodes = pd.DataFrame({"frame": [0, 1], "label": 1, "track_id": 7, "y": 14.5, "x": [14.5, 17.5]})
    >>> movie = Movie.from_array(labels * 9, Calibration(pixel_size_um=0.5, frame_interval_s=60))
    >>> tables = measure(movie, LabelMovie.from_array(labels), Lineage(nodes))
    >>> tables.cells["speed_um_per_min"].tolist()
    [nan, 1.5]
    """
    require_kind(movie, Movie, "movie", "podia.read reads one from a file.")
    require_kind(labels, LabelMovie, "labels", "podia.segment and podia.read_labels return them.")
    require_kind(lineage, Lineage, "lineage", "podia.track and podia.read_tracks return one.")
    config = settle_config(MeasurementConfig, config, settings, section="measurement")
    if labels.shape != movie.shape:
        raise InvalidInputError(
            f"The labels '{labels.name}' are {labels.shape} (T, Y, X), the movie '{movie.name}' is "
            f"{movie.shape}. They must be of one size: give the labels of this movie."
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
) -> FrameMeasures:
    """Return the measures of one frame: of its masks, or of its positions where there is nothing else.

    `field` is where cells were looked for, if not in all of the frame. A frame that holds no picture has no grey
    values. `confidence` holds one value per label, that of label k at index k.
    """
    measures = measure_positions if labels.positions_only else measure_frame
    found = measures(movie.frame(frame), labels.frame(frame), config, movie.calibration, field)
    known = np.nan if confidence is None else confidence[found.cells["label"]]
    found = replace(found, cells=found.cells.assign(confidence=known))
    if movie.is_blank(frame):
        return replace(found, intensity_mean=float("nan"), intensity_std=float("nan"))
    return found


def assemble(
    frames: Iterable[FrameMeasures],
    lineage: Lineage,
    calibration: Calibration,
    config: MeasurementConfig | None = None,
    *,
    drift: Drift | None = None,
    contacts: Iterable[ContactRecord] = (),
    allocate: Allocate = in_memory,
) -> AssembledTables:
    """Return all tables of a movie from the measures of its frames.

    Parameters
    ----------
    frames
        The measures of every frame, in order; each is read once.
    lineage, config, drift
        As in :func:`measure`.
    calibration
        Turns pixels and frames into the units of the tables, here and nowhere else.
    contacts
        What tracking did about cells that touch; listed among the events.
    allocate
        Makes room for a kymograph, which grows with the movie: in memory by default.

    Raises
    ------
    InvalidInputError
        If the drift has another number of frames, or the lineage a cell that the frames have not.
    """
    config = config or MeasurementConfig()
    edges = EdgeFollower(lineage, drift, config.edge, allocate)
    measured = _gather(frames, edges)
    drift = Drift.none(measured.n_frames) if drift is None else drift
    if drift.n_frames != measured.n_frames:
        raise InvalidInputError(
            f"The drift is of {drift.n_frames} frames, the movie has {measured.n_frames}. "
            f"Estimate the drift on this movie."
        )
    cells = _join_cells(measured.cells, lineage, drift)
    cells = add_motion(cells)
    protrusions = _join_protrusions(measured.protrusions, cells, drift, config, calibration)
    tracks, msd = summarise_tracks(cells, lineage, measured.n_frames)
    migration = summarise_migration(cells)
    shapes = summarise_shapes(cells, measured.descriptors, config.shapes)
    tables = {
        CELLS: cells.rename(columns={"label": "segmentation_label"}),
        PROTRUSIONS: protrusions[PROTRUSIONS.base_names],
        PROTRUSION_EVENTS: protrusion_events(
            protrusions,
            cells,
            lineage.parents,
            max_distance_px=config.tip_linking.max_distance.in_px(calibration),
            min_growth_px=config.tip_linking.min_growth.in_px(calibration),
        ),
        TRACKS: tracks,
        MSD: msd,
        EVENTS: list_events(cells, lineage, measured.n_frames, contacts),
        FRAMES: _frames_table(measured.frames, cells, drift),
        MIGRATION: migration.tracks,
        MIGRATION_LAGS: migration.lags,
        MIGRATION_MOVIE: migration.movie,
        SHAPES: shapes.cells,
        SHAPE_MODES: shapes.modes,
        SHAPE_OUTLINES: shapes.outlines,
        SHAPE_TRANSITIONS: shapes.transitions,
        DIVISION_ROUNDING: division_rounding(cells, lineage),
        **_edge_tables(edges, config),
    }
    return AssembledTables(
        {schema.name: schema.conform(table, calibration) for schema, table in tables.items()},
        edges.kymographs().conform(calibration),
    )


def _edge_tables(edges: EdgeFollower, config: MeasurementConfig) -> dict[TableSchema, pd.DataFrame]:
    kymographs, table = edges.kymographs(), edges.edges()
    return {
        EDGES: table,
        EDGE_EVENTS: edge_events(kymographs, config.edge),
        EDGE_CORRELATION: edge_correlation(kymographs, max_lag_frames=config.edge.max_lag_frames),
    }


@dataclass(frozen=True)
class _Gathered:
    """The measures of all frames: cells, protrusions and descriptors with their ``frame``, and one row per frame."""

    cells: pd.DataFrame
    protrusions: pd.DataFrame
    descriptors: pd.DataFrame
    frames: pd.DataFrame

    @property
    def n_frames(self) -> int:
        return len(self.frames)


def _gather(frames: Iterable[FrameMeasures], edges: EdgeFollower) -> _Gathered:
    # Bare columns until the end: a table for each frame takes many times the memory of the numbers in it.
    cells: list[dict[str, NDArray[Any]]] = []
    protrusions: list[dict[str, NDArray[Any]]] = []
    descriptors: list[dict[str, NDArray[Any]]] = []
    whole: list[tuple[int, float, float]] = []
    for frame, measures in enumerate(frames):
        edges.add(frame, measures.outlines)
        cells.append({str(name): values.to_numpy() for name, values in measures.cells.items()})
        protrusions.append({str(name): values.to_numpy() for name, values in measures.protrusions.items()})
        descriptors.append(outline_descriptors(measures.outlines))
        whole.append((measures.n_pixels, measures.intensity_mean, measures.intensity_std))
    columns = ["n_pixels", "intensity_mean", "intensity_std"]
    return _Gathered(
        _stack(cells), _stack(protrusions), _stack(descriptors), pd.DataFrame(whole, columns=columns)
    )


def _stack(tables: list[dict[str, NDArray[Any]]]) -> pd.DataFrame:
    """Return the rows of all frames under each other, with the index of their ``frame``."""
    sizes = [len(table["label"]) for table in tables]
    columns = {name: np.concatenate([table[name] for table in tables]) for name in tables[0]}
    return pd.DataFrame(columns | {"frame": np.repeat(np.arange(len(tables)), sizes)})


def _join_cells(cells: pd.DataFrame, lineage: Lineage, drift: Drift) -> pd.DataFrame:
    """Return the tracked cells of all frames by frame and track, with time and stable position."""
    nodes = lineage.nodes[["frame", "label", "track_id"]]
    joined = nodes.merge(cells, on=["frame", "label"], how="left", validate="one_to_one")
    lost = joined[joined["y"].isna()]
    if len(lost):
        row = lost.iloc[0]
        raise InvalidInputError(
            f"The lineage has track {row['track_id']} as label {row['label']} in frame {row['frame']}, "
            f"but the labels have no such cell. Give the labels that the lineage was made from."
        )
    stable = _stabilise(joined["frame"], joined[["y", "x"]].to_numpy(np.float64), drift)
    return joined.assign(
        time=joined["frame"].astype(np.float64),
        y_raw=joined["y"],
        x_raw=joined["x"],
        y_stable=stable[:, 0],
        x_stable=stable[:, 1],
    )


def _join_protrusions(
    tips: pd.DataFrame,
    cells: pd.DataFrame,
    drift: Drift,
    config: MeasurementConfig,
    calibration: Calibration,
) -> pd.DataFrame:
    """Return the tips of tracked cells by frame, track and number, linked through time."""
    linking = config.tip_linking
    heading = headings(
        cells,
        window_frames=linking.heading_window_frames,
        min_displacement_px=linking.min_heading.in_px(calibration),
    )
    columns = ["frame", "time", "label", "track_id", "y_stable", "x_stable", "body_y", "body_x"]
    owners = cells[columns].assign(heading=heading)
    tips = tips.merge(owners, on=["frame", "label"], how="inner").sort_values(
        ["frame", "track_id", "tip"], ignore_index=True
    )
    # The centroid moves steadily. The body centre may jump along a long cell, and the tips would seem to.
    stable_tips = _stabilise(tips["frame"], tips[["tip_y", "tip_x"]].to_numpy(np.float64), drift)
    own_places = stable_tips - tips[["y_stable", "x_stable"]].to_numpy(np.float64)
    ids = link_tips(
        tips["frame"].to_numpy(np.int64),
        tips["track_id"].to_numpy(np.int64),
        own_places,
        max_distance_px=linking.max_distance.in_px(calibration),
        max_gap_frames=linking.max_gap_frames,
    )
    tips = tips.assign(
        protrusion_id=ids,
        branch_of=tips["branch_of"].astype("Int64"),
        tip_y_stable=stable_tips[:, 0],
        tip_x_stable=stable_tips[:, 1],
        angle_to_migration=turned(tips["angle"].to_numpy(), tips["heading"].to_numpy()),
    )
    return tips.assign(length_error=length_errors(tips))


def _stabilise(frames: pd.Series, points: NDArray[np.float64], drift: Drift) -> NDArray[np.float64]:
    stable = points.copy()
    for frame, rows in frames.groupby(frames).indices.items():
        stable[rows] = drift.stabilise(int(frame), points[rows])
    return stable


def _frames_table(measured: pd.DataFrame, cells: pd.DataFrame, drift: Drift) -> pd.DataFrame:
    index = np.arange(len(measured))
    by_frame = cells.groupby("frame")
    # A frame without a cell is not covered at all; one with cells of unknown area is, who knows how far.
    covered = by_frame["area"].sum(min_count=1).reindex(index, fill_value=0.0)
    return pd.DataFrame(
        {
            "frame": index,
            "time": index.astype(np.float64),
            "n_cells": by_frame.size().reindex(index, fill_value=0),
            "confluence": covered / measured["n_pixels"],
            "drift_y": drift.shifts[:, 0],
            "drift_x": drift.shifts[:, 1],
            "intensity_mean": measured["intensity_mean"],
            "intensity_std": measured["intensity_std"],
            "area_flicker": _area_flicker(cells).reindex(index),
        }
    )


def _area_flicker(cells: pd.DataFrame) -> pd.Series:
    """Return the median over cells of ``|a(t - 1) - 2 a(t) + a(t + 1)| / a(t)``, by frame."""
    tracks = cells.groupby("track_id")
    area, frame = tracks["area"], tracks["frame"]
    bend = (area.shift(1) - 2 * cells["area"] + area.shift(-1)).abs() / cells["area"]
    together = (frame.shift(-1) - frame.shift(1)) == 2
    return bend.where(together).groupby(cells["frame"]).median()
