"""Where background is known if only some cells were annotated: near those that were."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.segmentation.foreground import Mask
from podia.segmentation.point_discs import near_points


def known_surroundings(
    points: NDArray[np.float64], shape: tuple[int, int], radius_px: float, spacing_px: int | None
) -> Mask:
    """Return which pixels ``(Y, X)`` are within `radius_px` of one of `points` ``(N, 2)``, or on a sparse grid.

    Who clicks on a cell has looked at its surroundings, and would have clicked on the next cell there too. Farther away
    nobody may have looked. The grid holds one pixel in each block of `spacing_px`; patches are cut from anywhere, so
    that over a training every pixel counts as background now and then; None is no grid.
    """
    known = near_points(points, shape, radius_px)
    if spacing_px is not None:
        known[spacing_px // 2 :: spacing_px, spacing_px // 2 :: spacing_px] = True
    return known
