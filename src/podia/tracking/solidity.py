"""How full the convex hull of a cell is: near 1 for a cell that has rounded up, low for two that touch.

Strategy: a hull is known from how far it reaches in each direction. Taking 32 directions, for all cells of a frame
at once, costs a hundredth of a hull algorithm a cell, and gives a disc's area within 0.3 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.tracking.frame_cells import FrameCells

_DIRECTIONS = 32


def solidities(cells: FrameCells) -> NDArray[np.float64]:
    """Return area over convex hull's area ``(n,)``, at most 1, of the cells of a frame.

    The hull is that of the middles of the pixels' sides: over the pixels' corners a disc of 8 px radius would
    have 0.90, and one of 2 px 0.77.
    """
    if len(cells) == 0:
        return np.zeros(0)
    # Only the ends of runs can touch a hull.
    rows, first, last = cells.row, cells.start, cells.stop - 1
    step = 2 * np.pi / _DIRECTIONS
    reach = np.empty((_DIRECTIONS, len(cells)))
    for number in range(_DIRECTIONS):
        dy, dx = np.sin(number * step), np.cos(number * step)
        to_middle_of_side = 0.5 * max(abs(dy), abs(dx))
        ahead = rows * dy + (last if dx > 0 else first) * dx
        reach[number] = np.maximum.reduceat(ahead, cells.first_run) + to_middle_of_side
    # The tangents in neighbouring directions bound a polygon; these are its sides, and half of each times its
    # distance from the origin is a triangle.
    neighbours = np.roll(reach, 1, axis=0) + np.roll(reach, -1, axis=0)
    sides = (neighbours - 2 * reach * np.cos(step)) / np.sin(step)
    hulls = (reach * sides).sum(axis=0) / 2
    filled: NDArray[np.float64] = np.minimum(cells.area / hulls, 1.0)
    return filled
