"""A movie so small that a page of it is made in a blink: discs with one arm each, walking to the right."""

from __future__ import annotations

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.drift import Drift
from podia.data.lineage import Lineage
from podia.data.migration_tables import MSD
from podia.data.movie import LabelMovie, Movie
from podia.data.tables import ALL_TABLES, CELLS, EVENTS, FRAMES, PROTRUSION_EVENTS, PROTRUSIONS, TRACKS
from podia.measurement.config import ShapeConfig
from podia.measurement.culture.summarise import summarise_culture
from podia.measurement.edge.config import EdgeConfig
from podia.measurement.edge.correlation import edge_correlation
from podia.measurement.edge.events import edge_events
from podia.measurement.edge.following import EdgeFollower
from podia.measurement.edge.outlines import find_outlines
from podia.measurement.migration.summarise import summarise_migration
from podia.measurement.regions import find_regions
from podia.measurement.shapes.fourier import COLUMNS, ORDERS, fourier_coefficients, normalised
from podia.measurement.shapes.rounding import division_rounding
from podia.measurement.shapes.summarise import summarise_shapes
from podia.reporting.inputs import ReportInputs

HEIGHT, WIDTH = 97, 130
RADIUS, ARM, STEP = 9, 14, 3
DRIFT = (0.2, 0.1)
STABLE_STEP = float(np.hypot(DRIFT[0], STEP - DRIFT[1]))
"""How far a disc moves in a frame once the drift is taken out, in px."""
CALIBRATED = Calibration(pixel_size_um=0.5, frame_interval_s=120.0)


def tiny_inputs(
    n_frames: int = 5,
    n_cells: int = 3,
    calibration: Calibration = CALIBRATED,
    *,
    name: str = "tiny",
    dtype: str = "uint8",
    files: dict[str, str] | None = None,
) -> ReportInputs:
    """Return inputs of a movie of `n_cells` discs; from the third frame on, the last of them is two daughters."""
    labels = np.zeros((n_frames, HEIGHT, WIDTH), np.uint16)
    rows = [_draw(labels, frame, *cell) for frame in range(n_frames) for cell in _cells_in(frame, n_cells)]
    cells = _cells_table(pd.DataFrame(rows, columns=["frame", "track_id", "y", "x"]))
    noise = np.random.default_rng(0).normal(100, 10, labels.shape)
    movie = Movie.from_array((noise + 60 * (labels > 0)).astype(dtype), calibration, name=name)
    parents = {n_cells + 1: n_cells, n_cells + 2: n_cells} if n_cells and n_frames > 2 else {}
    lineage = Lineage(cells[["frame", "label", "track_id", "y", "x"]], parents)
    edges = _followed_edges(labels, lineage)
    tables = {
        "cells": cells.drop(columns="label"),
        "protrusions": _protrusions(cells),
        "protrusion_events": _protrusion_events(cells),
        "tracks": _tracks(cells, parents, n_frames),
        "msd": _msd(cells),
        "events": _events(parents),
        **_frames_and_culture(cells, lineage, movie, labels, n_frames),
        **_migration_and_shapes(cells, lineage),
        "edges": edges.edges(),
        "edge_events": edge_events(edges.kymographs(), EdgeConfig()),
        "edge_correlation": edge_correlation(edges.kymographs(), max_lag_frames=5),
    }
    return ReportInputs(
        movie=movie,
        labels=LabelMovie.from_array(labels, calibration, name=name),
        lineage=lineage,
        drift=Drift.from_shifts(np.arange(n_frames)[:, None] * np.array(DRIFT)),
        tables={schema.name: schema.conform(tables[schema.name], calibration) for schema in ALL_TABLES},
        run={
            "podia": "0",
            "config": {"segmentation": {"min_area_px": 150, "method": None}},
            "input": {"sha256": "ab"},
        },
        files={"cells.csv": "", "overlay.mp4": "The film."} if files is None else files,
        kymographs=edges.kymographs().conform(calibration),
    )


def _cells_in(frame: int, n_cells: int) -> list[tuple[int, int, int]]:
    """Return track, y and x of each disc's centre."""
    whole = [(track, 15 + 28 * (track - 1), 15 + STEP * frame) for track in range(1, n_cells + 1)]
    if frame < 2 or not n_cells:
        return whole
    _, y, x = whole.pop()
    return [*whole, (n_cells + 1, y, x), (n_cells + 2, y, x + 2 * RADIUS + ARM + 12)]


def _draw(labels: np.ndarray, frame: int, track: int, y: int, x: int) -> tuple[int, int, float, float]:
    rows, columns = np.ogrid[:HEIGHT, :WIDTH]
    disc = (rows - y) ** 2 + (columns - x) ** 2 <= RADIUS**2
    arm = (abs(rows - y) <= 1) & (columns >= x) & (columns <= x + RADIUS + ARM)
    labels[frame][disc | arm] = track
    return frame, track, float(y), float(x)


def _cells_table(cells: pd.DataFrame) -> pd.DataFrame:
    cells = cells.astype({"frame": int, "track_id": int, "y": float, "x": float})
    table = cells.reindex(columns=CELLS.base_names).astype(object)
    for name in CELLS.base_names:
        if name not in cells.columns:
            table[name] = 1.0
    table["label"] = table["segmentation_label"] = table["track_id"]
    table["time"], table["y_raw"], table["x_raw"] = table["frame"], table["y"], table["x"]
    table["y_stable"], table["x_stable"] = (
        table["y"] - DRIFT[0] * table["frame"],
        table["x"] - DRIFT[1] * table["frame"],
    )
    table["area"] = 300.0 + 20.0 * table["track_id"] + table["frame"]
    table["n_protrusions"], table["protrusion_length_max"] = 1, float(ARM)
    first = ~table.duplicated("track_id")
    table["speed"] = np.where(first, np.nan, STABLE_STEP)
    table["touches_border"] = False
    return table.infer_objects()


def _protrusions(cells: pd.DataFrame) -> pd.DataFrame:
    tips = cells[["frame", "time", "track_id"]].assign(
        tip=1,
        protrusion_id=cells["track_id"],
        tip_y=cells["y"],
        tip_x=cells["x"] + RADIUS + ARM,
        base_y=cells["y"],
        base_x=cells["x"] + RADIUS,
        length=float(RADIUS + ARM),
        length_beyond_body=ARM + 0.1 * cells["frame"],
        length_error=0.3,
        branch_of=pd.NA,
        branch_length=float(ARM),
        diameter=3.0,
        angle=0.0,
        angle_to_migration=0.0,
    )
    return tips[PROTRUSIONS.base_names]


def _protrusion_events(cells: pd.DataFrame) -> pd.DataFrame:
    rows = [
        {
            "protrusion_id": track,
            "track_id": track,
            "first_frame": rows["frame"].min(),
            "last_frame": rows["frame"].max(),
            "n_frames": len(rows),
            "lifetime": len(rows),
            "length_max": ARM + 0.4,
            "length_mean": ARM + 0.2,
            "length_error": 0.3,
            "extension_speed": 0.1 if len(rows) > 1 else np.nan,
            "retraction_speed": np.nan,
            "extension_time": len(rows) - 1.0,
            "retraction_time": 0.0,
            "growth_persistence": 1.0,
            "straightness": 1.0,
            "base_y": 0.0,
            "base_x": 0.0,
            "base_angle": 0.0,
            "angle_mean": 0.0,
            "angle_to_migration": 0.0 if len(rows) > 1 else np.nan,
            "side": "leading" if len(rows) > 1 else "",
            "begins_by": "unseen",
            "ends_by": "unseen",
            "parent_protrusion_id": pd.NA,
            "merged_into_id": pd.NA,
            "born_in_movie": False,
            "died_in_movie": False,
        }
        for track, rows in cells.groupby("track_id")
    ]
    return pd.DataFrame(rows, columns=PROTRUSION_EVENTS.base_names)


def _tracks(cells: pd.DataFrame, parents: dict[int, int], n_frames: int) -> pd.DataFrame:
    found = []
    for track, rows in cells.groupby("track_id"):
        path = STABLE_STEP * (len(rows) - 1)
        ends = "movie_end" if rows["frame"].max() == n_frames - 1 else "division"
        found.append(
            dict.fromkeys(TRACKS.base_names, np.nan)
            | {
                "track_id": track,
                "parent_track_id": parents.get(int(track), pd.NA),
                "first_frame": rows["frame"].min(),
                "last_frame": rows["frame"].max(),
                "n_frames": len(rows),
                "n_gap_frames": 0,
                "duration": len(rows) - 1,
                "path_length": path,
                "displacement": path,
                "directionality_ratio": 1.0 if path else np.nan,
                "mean_speed": path / (len(rows) - 1) if path else np.nan,
                "n_daughters": list(parents.values()).count(int(track)),
                "ends_by": ends,
                "name": "",
            }
        )
    return pd.DataFrame(found, columns=TRACKS.base_names)


def _msd(cells: pd.DataFrame) -> pd.DataFrame:
    step2 = STABLE_STEP**2
    rows = [
        (track, lag, lag, step2 * lag**2, len(frames) - lag)
        for track, frames in cells.groupby("track_id")["frame"]
        for lag in range(1, len(frames))
    ]
    return pd.DataFrame(rows, columns=MSD.base_names)


def _events(parents: dict[int, int]) -> pd.DataFrame:
    rows = [(2, 2.0, "division", parent, child, 1.0, 1.0, False) for child, parent in parents.items()]
    return pd.DataFrame(rows, columns=EVENTS.base_names[:8]).reindex(columns=EVENTS.base_names)


def _migration_and_shapes(cells: pd.DataFrame, lineage: Lineage) -> dict[str, pd.DataFrame]:
    migration = summarise_migration(cells)
    turn = np.exp(2j * np.pi * np.arange(40) / 40)
    outlines = [
        normalised(
            fourier_coefficients(turn.real * (1.5 + 0.1 * frame) + 1j * turn.imag + 0.02 * track * turn**3)
        )
        for frame, track in zip(cells["frame"], cells["track_id"], strict=True)
    ]
    values = np.array(outlines, dtype=complex).reshape(-1, len(ORDERS)).view(float)
    descriptors = pd.concat(
        [cells[["frame", "label"]], pd.DataFrame(values, columns=list(COLUMNS), index=cells.index)], axis=1
    )
    shapes = summarise_shapes(cells, descriptors, ShapeConfig())
    return {
        "migration": migration.tracks,
        "migration_lags": migration.lags,
        "migration_movie": migration.movie,
        "shapes": shapes.cells,
        "shape_modes": shapes.modes,
        "shape_outlines": shapes.outlines,
        "shape_transitions": shapes.transitions,
        "division_rounding": division_rounding(cells, lineage),
    }


def _followed_edges(labels: np.ndarray, lineage: Lineage) -> EdgeFollower:
    edges = EdgeFollower(lineage, None, EdgeConfig(n_positions=32))
    for frame, image in enumerate(labels):
        edges.add(frame, find_outlines(find_regions(image), image, EdgeConfig(), 4.0))
    return edges


def _frames_and_culture(
    cells: pd.DataFrame, lineage: Lineage, movie: Movie, labels: np.ndarray, n_frames: int
) -> dict[str, pd.DataFrame]:
    frames = _frames(cells, movie, labels)
    tracks = _tracks(cells, dict(lineage.parents), n_frames)
    covers = [((one > 0).mean(axis=1).astype("f4"), (one > 0).mean(axis=0).astype("f4")) for one in labels]
    sized = frames.assign(n_pixels=labels[0].size)
    culture = summarise_culture(sized, cells, tracks, lineage, covers, Drift.none(n_frames))
    return {"frames": frames.assign(**culture.by_frame), "culture": culture.movie}


def _frames(cells: pd.DataFrame, movie: Movie, labels: np.ndarray) -> pd.DataFrame:
    n_frames = movie.n_frames
    return pd.DataFrame(
        {
            "frame": np.arange(n_frames),
            "time": np.arange(n_frames),
            "n_cells": np.bincount(cells["frame"].astype(int), minlength=n_frames),
            "confluence": (labels > 0).mean(axis=(1, 2)),
            "drift_y": DRIFT[0] * np.arange(n_frames),
            "drift_x": DRIFT[1] * np.arange(n_frames),
            "intensity_mean": [frame.mean() for frame in movie],
            "intensity_std": [frame.std() for frame in movie],
            "area_flicker": [np.nan if f in (0, n_frames - 1) else 0.02 for f in range(n_frames)],
        },
        columns=FRAMES.base_names,
    )
