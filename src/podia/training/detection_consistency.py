"""Consistency over time: through how many frames a detection can be followed."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

Positions = NDArray[np.float64]
"""``(N, 2)``: y, x."""


def frames_followed(positions: Mapping[int, Positions], frame: int, max_step_px: float) -> NDArray[np.int64]:
    """Return through how many frames in a row each of ``positions[frame]`` can be followed, ``(N,)``, at least 1.

    From frame to frame it is followed to the nearest position, if that is no farther than `max_step_px`; before the
    frame and after it, until there is none or the frame is not among `positions`. Noise is not there in the next frame.
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
