"""Solidity: near 1 for a cell that has rounded up, low for two touching cells.

Strategy: a hull is determined by its extent in each direction. For 32 directions, for all cells of a frame at once,
this takes a hundredth of the time of a hull algorithm per cell; the area of a disc is accurate to 0.3 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.tracking.frame_cells import FrameCells

_DIRECTIONS = 32
_STEP = 2 * np.pi / _DIRECTIONS

Floats = NDArray[np.float64]


def solidities(cells: FrameCells) -> Floats:
    """Return the solidity ``(n,)`` of the cells of a frame: area divided by that of the convex hull, at most 1.

    The hull encloses the midpoints of pixel edges. With pixel corners, a disc of radius 8 px would have 0.90, and one
    of 2 px 0.77.
    """
    filled: Floats = np.minimum(cells.area / hull_areas(reaches(cells)), 1.0)
    return filled


def reaches(cells: FrameCells) -> Floats:
    """Return how far each cell reaches in each of D directions, px, ``(D, n)``.

    The reach of two cells together is the greater one of each direction.
    """
    reach = np.empty((_DIRECTIONS, len(cells)))
    if len(cells) == 0:
        return reach
    # Only the ends of runs can lie on the hull.
    rows, first, last = cells.row, cells.start, cells.stop - 1
    for number in range(_DIRECTIONS):
        dy, dx = np.sin(number * _STEP), np.cos(number * _STEP)
        to_middle_of_side = 0.5 * max(abs(dy), abs(dx))
        ahead = rows * dy + (last if dx > 0 else first) * dx
        reach[number] = np.maximum.reduceat(ahead, cells.first_run) + to_middle_of_side
    return reach


def hull_areas(reach: Floats) -> Floats:
    """Return the areas ``(n,)`` of convex hulls from their `reach` ``(D, n)``, px.

    The tangents in neighbouring directions bound a polygon. Its sides follow from the reach; half of each side times
    its distance from the origin is the area of a triangle.
    """
    neighbours = np.roll(reach, 1, axis=0) + np.roll(reach, -1, axis=0)
    sides = (neighbours - 2 * reach * np.cos(_STEP)) / np.sin(_STEP)
    areas: Floats = (reach * sides).sum(axis=0) / 2
    return areas
