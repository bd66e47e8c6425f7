"""Which branches of a skeleton are protrusions, and which only corners, bumps and noise of the outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.skeleton import Branch, Pixel, Skeleton


_GRID_PX = 0.5
"""Distances between pixels are no surer than this."""


def prune(skeleton: Skeleton, distance: NDArray[np.float64], config: ProtrusionConfig) -> None:
    """Remove free branches that are not significant, from the lowest up, until there is none.

    Those at the same foot go together: of the two that run to the corners of a blunt end, neither is left.
    """
    heights: dict[Branch, float] = {}
    while True:
        spurs = []
        for end, branch in skeleton.spurs():
            pixels = branch.seen_from(end)
            if branch not in heights:
                significant = is_significant(pixels, distance, config)
                heights[branch] = np.inf if significant else _height(pixels, distance)
            if np.isfinite(heights[branch]):
                spurs.append((heights[branch], pixels[-1], branch))
        if not spurs:
            return
        _, lowest_foot, _ = min(spurs, key=lambda spur: spur[:2])
        skeleton.remove([branch for _, foot, branch in spurs if foot == lowest_foot])


def is_significant(
    pixels: tuple[Pixel, ...], distance: NDArray[np.float64], config: ProtrusionConfig
) -> bool:
    """Return whether the part of a skeleton from a free end to its foot is more than noise.

    It rises above the inscribed disc at its foot by ``min_spur_px``, and somewhere it is slender: the tip is
    ``min_slenderness`` times as far as the outline beside it, as in no right-angled corner and no bump.
    """
    if _height(pixels, distance) < config.min_spur_px:
        return False
    points = np.array(pixels)
    return bool(slender_at(points, distance[tuple(points.T)], config.min_slenderness).any())


def _height(pixels: tuple[Pixel, ...], distance: NDArray[np.float64]) -> float:
    """Return how far a branch, seen from its end, rises above the inscribed disc at its foot."""
    points = np.array(pixels)
    radius = distance[tuple(points.T)]
    return float((np.hypot(*(points - points[-1]).T) + radius).max() - radius[-1])


def slender_at(
    points: NDArray[np.int64], radius: NDArray[np.float64], min_slenderness: float
) -> NDArray[np.bool_]:
    """Return where a branch, ``(K, 2)`` from its end, is slender: the tip far away against the outline beside.

    `radius` reaches to the middle of the first pixel outside; the outline is half a pixel nearer.
    """
    to_tip = np.hypot(*(points - points[0]).T) + radius[0] - 0.5
    slender: NDArray[np.bool_] = to_tip >= min_slenderness * radius + _GRID_PX
    return slender
