"""Which branches of a skeleton are protrusions, and which only corners, bumps and noise of the outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.skeleton import Branch, Pixel, Skeleton


def prune(skeleton: Skeleton, distance: NDArray[np.float64], config: ProtrusionConfig) -> None:
    """Remove free branches that are not significant, the lowest first, until there is none."""
    heights: dict[Branch, float] = {}
    while True:
        spurs = []
        for end, branch in skeleton.spurs():
            pixels = branch.seen_from(end)
            if branch not in heights:
                significant = is_significant(pixels, distance, config)
                heights[branch] = np.inf if significant else _height(pixels, distance)
            if np.isfinite(heights[branch]):
                spurs.append((heights[branch], end, branch))
        if not spurs:
            return
        skeleton.remove(min(spurs, key=lambda spur: spur[:2])[2])


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
    radius = distance[tuple(points.T)]
    to_tip = distance_to_tip(points, radius)
    far = to_tip >= config.min_spur_px
    return bool((to_tip[far] >= config.min_slenderness * radius[far]).any())


def _height(pixels: tuple[Pixel, ...], distance: NDArray[np.float64]) -> float:
    """Return how far a branch, seen from its end, rises above the inscribed disc at its foot."""
    points = np.array(pixels)
    radius = distance[tuple(points.T)]
    return float((np.hypot(*(points - points[-1]).T) + radius).max() - radius[-1])


def distance_to_tip(points: NDArray[np.int64], radius: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how far each pixel of a branch is from where its end, the first, would meet the outline.

    `radius` reaches to the middle of the first pixel outside; the outline is half a pixel nearer.
    """
    distance: NDArray[np.float64] = np.hypot(*(points - points[0]).T) + radius[0] - 0.5
    return distance
