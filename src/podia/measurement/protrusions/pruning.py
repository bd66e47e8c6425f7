"""Which branches of a skeleton are protrusions, and which only corners, bumps and noise of the outline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.skeleton import Branch, Pixel, Skeleton


def prune(skeleton: Skeleton, distance: NDArray[np.float64], config: ProtrusionConfig) -> None:
    """Remove free branches that are not significant, the lowest first, until there is none.

    A branch is significant if it is slender somewhere and rises above the inscribed disc at its foot.
    """
    rises: dict[Branch, float] = {}
    while True:
        spurs = []
        for end, branch in skeleton.spurs():
            if branch not in rises:
                rises[branch] = _insignificant_rise(branch.seen_from(end), distance, config)
            if np.isfinite(rises[branch]):
                spurs.append((rises[branch], end, branch))
        if not spurs:
            return
        skeleton.remove(min(spurs, key=lambda spur: spur[:2])[2])


def _insignificant_rise(
    pixels: tuple[Pixel, ...], distance: NDArray[np.float64], config: ProtrusionConfig
) -> float:
    """Return how far a branch, seen from its end, rises above the disc at its foot; inf if significant."""
    points = np.array(pixels)
    radius = distance[tuple(points.T)]
    rise = float((np.hypot(*(points - points[-1]).T) + radius).max() - radius[-1])
    to_tip = _distance_to_tip(points, radius)
    far = to_tip >= config.min_spur_px
    slenderness = float((to_tip[far] / radius[far]).max(initial=0.0))
    significant = rise >= config.min_spur_px and slenderness >= config.min_slenderness
    return np.inf if significant else rise


def cap_length(pixels: tuple[Pixel, ...], distance: NDArray[np.float64], min_slenderness: float) -> int:
    """Return how many pixels at the end of a branch are no farther from the tip than the cell is wide."""
    points = np.array(pixels)
    radius = distance[tuple(points.T)]
    slender = _distance_to_tip(points, radius) >= min_slenderness * radius
    return int(slender.argmax()) if slender.any() else len(points) - 1


def _distance_to_tip(points: NDArray[np.int64], radius: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hypot(*(points - points[0]).T) + radius[0]
