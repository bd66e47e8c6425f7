"""Consistency over time: number of frames over which a detection can be followed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Positions = NDArray[np.float64]
"""``(N, 2)``: y, x."""


def frames_followed(positions: Mapping[int, Positions], frame: int, max_step_px: float) -> NDArray[np.int64]:
    """Return the number of consecutive frames over which each of ``positions[frame]`` can be followed, ``(N,)``.

    A detection is followed to the nearest position in the next frame, if that is at most `max_step_px` away, backward
    and forward in time, until there is none or the frame is not in `positions`. The result is at least 1. Noise does
    not persist in the next frame.
    """
    count = np.ones(len(positions[frame]), dtype=np.int64)
    for step in (-1, 1):
        here, followed = positions[frame], np.arange(len(count))
        t = frame + step
        while t in positions and len(positions[t]) and len(followed):
            distance, nearest = cKDTree(positions[t]).query(here)
            near = distance <= max_step_px
            followed, here = followed[near], positions[t][nearest[near]]
            count[followed] += 1
            t += step
    return count
