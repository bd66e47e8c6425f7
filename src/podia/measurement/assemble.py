"""Assembly of all tables of a movie from the measures of its frames."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.contacts import ContactRecord
from podia.data.culture_tables import CULTURE
from podia.data.drift import Drift
from podia.data.edge_tables import EDGE_CORRELATION, EDGE_EVENTS, EDGES
from podia.data.errors import InvalidInputError
from podia.data.kymographs import Kymographs
from podia.data.lineage import Lineage
from podia.data.migration_tables import MIGRATION, MIGRATION_LAGS, MIGRATION_MOVIE, MSD
from podia.data.named_tables import Tables
from podia.data.schema import TableSchema
from podia.data.shape_tables import DIVISION_ROUNDING, SHAPE_MODES, SHAPE_OUTLINES, SHAPE_TRANSITIONS, SHAPES
from podia.data.tables import CELLS, EVENTS, FRAMES, PROTRUSION_EVENTS, PROTRUSIONS, TRACKS
from podia.measurement.config import MeasurementConfig
from podia.measurement.culture.summarise import summarise_culture
from podia.measurement.culture.wound import Cover
from podia.measurement.edge.correlation import edge_correlation
from podia.measurement.edge.events import edge_events
from podia.measurement.edge.following import Allocate, EdgeFollower, in_memory
from podia.measurement.edge.known import EdgeMemory
from podia.measurement.events import list_events
from podia.measurement.frame import FrameMeasures
from podia.measurement.frames_table import frames_table
from podia.measurement.migration.summarise import summarise_migration
from podia.measurement.protrusions.directions import headings, turned
from podia.measurement.protrusions.history import length_errors, protrusion_events
from podia.measurement.protrusions.linking import link_tips
from podia.measurement.shapes.fourier import COLUMNS
from podia.measurement.shapes.rounding import division_rounding
from podia.measurement.shapes.summarise import summarise_shapes
from podia.measurement.tracks import add_motion, summarise_tracks


class AssembledTables(Tables):
    """All tables and the kymographs of a movie, in calibrated units."""

    def __init__(self, tables: Mapping[str, pd.DataFrame], kymographs: Kymographs) -> None:
        super().__init__(tables)
        self.kymographs = kymographs


def assemble(
    frames: Iterable[FrameMeasures],
    lineage: Lineage,
    calibration: Calibration,
    config: MeasurementConfig | None = None,
    *,
    drift: Drift | None = None,
    contacts: Iterable[ContactRecord] = (),
    allocate: Allocate = in_memory,
    known_edges: EdgeMemory | None = None,
) -> AssembledTables:
    """Return all tables of a movie from the measures of its frames.

    Parameters
    ----------
    frames
        The measures of every frame, in order; each is read once.
    lineage, config, drift
        As in :func:`measure`.
    calibration
        Converts pixels and frames to the units of the tables, only here.
    contacts
        Corrections of cells in contact, listed among the events.
    allocate
        Allocates a kymograph, which grows with the movie. Default: in memory.
    known_edges
        Edges that were followed before, which are not followed again. Default: follow all.

    Raises
    ------
    InvalidInputError
        If the drift has another number of frames, or the lineage has a cell that the frames do not have.
    """
    config = config or MeasurementConfig()
    edges = EdgeFollower(lineage, drift, config.edge, allocate, known_edges)
    measured = _gather(frames, edges)
    drift = Drift.none(measured.n_frames) if drift is None else drift
    if drift.n_frames != measured.n_frames:
        raise InvalidInputError(
            f"The drift has {drift.n_frames} frames, the movie has {measured.n_frames}. Estimate the "
            "drift on this movie."
        )
    cells = _join_cells(measured.cells, lineage, drift)
    cells = add_motion(cells)
    protrusions = _join_protrusions(measured.protrusions, cells, drift, config, calibration)
    tracks, msd = summarise_tracks(cells, lineage, measured.n_frames)
    migration = summarise_migration(cells)
    by_frame = frames_table(measured.frames, cells, drift)
    culture = summarise_culture(by_frame, cells, tracks, lineage, measured.covers, drift)
    by_frame = pd.concat([by_frame.drop(columns="n_pixels"), culture.by_frame], axis=1)
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
        FRAMES: by_frame,
        CULTURE: culture.movie,
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
    """The measures of all frames: cells, protrusions and descriptors with their ``frame``, and one row per frame.

    `covers` has the cover of rows and of columns of each frame; it is NaN if only positions are known.
    """

    cells: pd.DataFrame
    protrusions: pd.DataFrame
    descriptors: pd.DataFrame
    frames: pd.DataFrame
    covers: list[Cover]

    @property
    def n_frames(self) -> int:
        return len(self.frames)


def _gather(frames: Iterable[FrameMeasures], edges: EdgeFollower) -> _Gathered:
    # Collect plain columns: a table per frame takes many times the memory of its numbers.
    cells: list[dict[str, NDArray[Any]]] = []
    protrusions: list[dict[str, NDArray[Any]]] = []
    descriptors: list[dict[str, NDArray[Any]]] = []
    whole: list[tuple[int, float, float]] = []
    covers: list[Cover] = []
    for frame, measures in enumerate(frames):
        edges.add(frame, measures.outlines)
        cells.append({str(name): values.to_numpy() for name, values in measures.cells.items()})
        protrusions.append({str(name): values.to_numpy() for name, values in measures.protrusions.items()})
        shapes = dict(zip(COLUMNS, measures.descriptors.T, strict=True))
        descriptors.append({"label": measures.outlines.labels, **shapes})
        covers.append((measures.cover_of_rows, measures.cover_of_columns))
        whole.append((measures.n_pixels, measures.intensity_mean, measures.intensity_std))
    columns = ["n_pixels", "intensity_mean", "intensity_std"]
    return _Gathered(
        _stack(cells), _stack(protrusions), _stack(descriptors), pd.DataFrame(whole, columns=columns), covers
    )


def _stack(tables: list[dict[str, NDArray[Any]]]) -> pd.DataFrame:
    """Return the rows of all frames concatenated, with their ``frame``."""
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
            "but the labels have no such cell. Use the labels from which the lineage was made."
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
    # The centroid moves smoothly. The body centre may jump along an elongated cell, which would move the tips.
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
