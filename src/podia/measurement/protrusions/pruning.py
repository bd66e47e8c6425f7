"""Skeleton pruning: keep the branches that are protrusions, remove corners, bumps and noise.

A branch is *slender* where the distance to its tip is large relative to the distance to the outline. Along a branch
into a corner of angle ``a``, the ratio is ``1 / sin(a / 2)``: 1.41 at a right angle, 2 at 60 degrees. For a bump it is
near 1, for an arm it is unbounded.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.skeleton import Branch, Skeleton

Distance = NDArray[np.float64]
"""Distance from each pixel of the mask to the outline, ``(Y, X)``."""
Centreline = NDArray[np.int64]
"""Pixels of a branch, starting at its free end, ``(K, 2)``."""

_GRID_PX = 0.5
"""Uncertainty of distances between pixels."""


def prune(skeleton: Skeleton, distance: Distance, config: ProtrusionConfig) -> None:
    """Remove free branches that are not significant, the lowest first, until none is left.

    Branches with the same foot are removed together, such as the two that run into the corners of a blunt end.
    """
    heights: dict[Branch, float] = {}
    while True:
        spurs = []
        for end, branch in skeleton.spurs():
            pixels = branch.seen_from(end)
            if branch not in heights:
                heights[branch] = _insignificant_height(np.array(pixels), distance, config)
            if heights[branch] < math.inf:
                spurs.append((heights[branch], pixels[-1], branch))
        if not spurs:
            return
        _, lowest_foot, _ = min(spurs, key=lambda spur: spur[:2])
        skeleton.remove([branch for _, foot, branch in spurs if foot == lowest_foot])


def is_significant(centreline: Centreline, distance: Distance, config: ProtrusionConfig) -> bool:
    """Return whether the part of a skeleton from a free end to its foot is more than noise.

    It rises above the inscribed disc at its foot by ``min_spur_px``, and somewhere it is slender.
    """
    return math.isinf(_insignificant_height(centreline, distance, config))


def _insignificant_height(centreline: Centreline, distance: Distance, config: ProtrusionConfig) -> float:
    """Return how far a branch rises above the inscribed disc at its foot; infinity if it is significant."""
    radius = distance[tuple(centreline.T)]
    height = float((np.hypot(*(centreline - centreline[-1]).T) + radius).max() - radius[-1])
    if height >= config.min_spur_px and _slender(centreline, radius, config).any():
        return math.inf
    return height


def _slender(
    centreline: Centreline, radius: NDArray[np.float64], config: ProtrusionConfig
) -> NDArray[np.bool_]:
    # The radius reaches to the middle of the first pixel outside; the outline is half a pixel nearer.
    to_tip = np.hypot(*(centreline - centreline[0]).T) + radius[0] - 0.5
    slender: NDArray[np.bool_] = to_tip >= config.min_slenderness * radius + _GRID_PX
    return slender
