"""Incomplete and displaced positions, as in the study on scarce annotation.

Cells are removed, more of them in dense regions, and the others are displaced.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

_NEIGHBOURHOOD_PX = 60.0


def leave_out(points: pd.DataFrame, share: float, rng: np.random.Generator) -> pd.DataFrame:
    """Return `points` (frame, y, x) without `share` of each frame's, the likelier the more neighbours they have."""
    kept = []
    for _, rows in points.groupby("frame"):
        places = rows[["y", "x"]].to_numpy(float)
        n_around = np.array(
            [len(near) for near in cKDTree(places).query_ball_point(places, _NEIGHBOURHOOD_PX)]
        )
        n_left = round(share * len(rows))
        left = rng.choice(len(rows), n_left, replace=False, p=n_around / n_around.sum())
        kept.append(rows.drop(rows.index[left]))
    return pd.concat(kept, ignore_index=True)


def put_out_of_place(
    points: pd.DataFrame, sigma_px: float, shape: tuple[int, int], rng: np.random.Generator
) -> pd.DataFrame:
    """Return `points` moved by Gaussian noise of that standard deviation along each axis, kept inside the frame."""
    moved = points.copy()
    for axis, size in zip(("y", "x"), shape, strict=True):
        noise = rng.normal(0.0, sigma_px, len(points))
        moved[axis] = np.clip(points[axis].to_numpy(float) + noise, 0, size - 1)
    return moved
