"""Track table and mean squared displacement table."""

from __future__ import annotations

import numpy as np
import pandas as pd

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
    for rows in cells.groupby("track_id").indices.values():
        track = cells.iloc[rows]
        frames, positions = track["frame"].to_numpy(), track[["y_stable", "x_stable"]].to_numpy()
        speed[rows] = speeds(frames, positions)
        turning[rows] = turning_angles(frames, positions)
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
    summaries, msds = [], []
    for track_id, track in cells.groupby("track_id"):
        frames, positions = track["frame"].to_numpy(), track[["y_stable", "x_stable"]].to_numpy()
        lags, msd, n_pairs = mean_squared_displacement(frames, positions)
        msds.append(
            pd.DataFrame(
                {"track_id": track_id, "lag": lags, "lag_time": lags * 1.0, "msd": msd, "n_pairs": n_pairs}
            )
        )
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
                "turning_angle_mean": track["turning_angle"].abs().mean(),
                "area_mean": track["area"].where(~track["touches_border"]).mean(),
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
    return tracks, pd.concat(msds, ignore_index=True)
