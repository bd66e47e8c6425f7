"""Track table and mean squared displacement table."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.lineage import Lineage
from podia.data.migration_tables import MSD
from podia.data.tables import TRACKS
from podia.measurement.culture.divisions import generation_times
from podia.measurement.events import track_endings
from podia.measurement.motion import (
    direction_correlation_time,
    mean_squared_displacement,
    msd_slope,
    speeds,
    turning_angles,
)


def add_motion(cells: pd.DataFrame) -> pd.DataFrame:
    """Add ``speed`` and ``turning_angle``, in pixels and frames, to `cells` (sorted by frame)."""
    speed = np.full(len(cells), np.nan)
    turning = np.full(len(cells), np.nan)
    frames, positions = _frames_and_positions(cells)
    for rows in cells.groupby("track_id").indices.values():
        speed[rows] = speeds(frames[rows], positions[rows])
        turning[rows] = turning_angles(frames[rows], positions[rows])
    return cells.assign(speed=speed, turning_angle=turning)


def summarise_tracks(
    cells: pd.DataFrame, lineage: Lineage, n_frames: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the tables TRACKS and MSD in pixels and frames.

    Parameters
    ----------
    cells
        Sorted by frame, with ``turning_angle``.
    lineage
        Divisions and merges.
    n_frames
        Length of the movie, to recognise tracks that last until its end.
    """
    summaries = []
    msds: dict[str, list[NDArray[Any]]] = {name: [] for name in MSD.base_names}
    all_frames, all_positions = _frames_and_positions(cells)
    all_turns = cells["turning_angle"].to_numpy(np.float64)
    whole_area = cells["area"].where(~cells["touches_border"]).to_numpy(np.float64)
    for track_id, rows in sorted(cells.groupby("track_id").indices.items()):
        frames, positions = all_frames[rows], all_positions[rows]
        lags, msd, n_pairs = mean_squared_displacement(frames, positions)
        values = {"lag": lags, "lag_time": lags * 1.0, "msd": msd, "n_pairs": n_pairs}
        for name, column in ({"track_id": np.full(len(lags), track_id)} | values).items():
            msds[name].append(column)
        steps = np.hypot(*np.diff(positions, axis=0).T)
        path = float(steps.sum())
        displacement = float(np.hypot(*(positions[-1] - positions[0])))
        duration = int(frames[-1] - frames[0])
        summaries.append(
            {
                "track_id": track_id,
                "first_frame": frames[0],
                "last_frame": frames[-1],
                "n_frames": len(frames),
                "n_gap_frames": duration + 1 - len(frames),
                "duration": duration,
                "path_length": path,
                "displacement": displacement,
                "directionality_ratio": displacement / path if path > 0 else np.nan,
                "mean_speed": path / duration if duration > 0 else np.nan,
                "msd_slope": msd_slope(lags, msd),
                "direction_correlation_time": direction_correlation_time(frames, positions),
                "turning_angle_mean": _mean_of_known(np.abs(all_turns[rows])),
                "area_mean": _mean_of_known(whole_area[rows]),
            }
        )
    if not summaries:
        return TRACKS.empty(), MSD.empty()
    tracks = pd.DataFrame(summaries)
    daughters = lineage.daughters()
    endings = track_endings(cells, lineage, n_frames)
    tracks = tracks.assign(
        parent_track_id=tracks["track_id"].map(dict(lineage.parents)).astype("Int64"),
        n_daughters=[len(daughters.get(track_id, [])) for track_id in tracks["track_id"]],
        ends_by=tracks["track_id"].map(endings),
        name="",
        generation_time=generation_times(tracks, lineage),
    )
    return tracks, pd.DataFrame({name: np.concatenate(columns) for name, columns in msds.items()})


def _frames_and_positions(cells: pd.DataFrame) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    return cells["frame"].to_numpy(np.int64), cells[["y_stable", "x_stable"]].to_numpy(np.float64)


def _mean_of_known(values: NDArray[np.float64]) -> float:
    """Return the mean of what is defined; NaN where nothing is."""
    known = np.isfinite(values)
    return float(np.where(known, values, 0.0).sum() / known.sum()) if known.any() else np.nan
