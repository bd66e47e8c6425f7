"""Directions of protrusions relative to the direction of migration."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray


def headings(cells: pd.DataFrame, *, window_frames: int, min_displacement_px: float) -> NDArray[np.float64]:
    """Return the migration direction of each cell in each frame, ``(N,)``, degrees counter-clockwise as displayed.

    It is the direction of the displacement after drift correction from `window_frames` before to `window_frames` after
    the frame; at the ends of a track, from or to the frame itself. NaN if the displacement is shorter than
    `min_displacement_px`, or one of the two frames is missing.

    Parameters
    ----------
    cells
        Columns ``frame``, ``track_id``, ``y_stable``, ``x_stable``.
    """
    keys = cells[["track_id", "frame"]]
    places = cells[["track_id", "frame", "y_stable", "x_stable"]]
    span = places.groupby("track_id")["frame"].agg(["min", "max"]).loc[keys["track_id"]]
    first = np.maximum(keys["frame"].to_numpy() - window_frames, span["min"].to_numpy())
    last = np.minimum(keys["frame"].to_numpy() + window_frames, span["max"].to_numpy())
    known = places.set_index(["track_id", "frame"])
    ends = [
        known.reindex(pd.MultiIndex.from_arrays([keys["track_id"], frames])).to_numpy(np.float64)
        for frames in (first, last)
    ]
    dy, dx = (ends[1] - ends[0]).T
    moved = np.hypot(dy, dx)
    return np.where((moved >= min_displacement_px) & (moved > 0), np.degrees(np.arctan2(-dy, dx)), np.nan)


def turned(angles_deg: NDArray[np.float64], against_deg: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return `angles_deg` relative to other directions, above -180 to 180.

    >>> turned(np.array([170.0]), np.array([-170.0]))
    array([-20.])
    """
    return np.asarray((angles_deg - against_deg + 180.0) % 360.0 - 180.0)
