"""How full the convex hull of a cell is: near 1 for a cell that has rounded up, low for two that touch.

Strategy: a hull is known from how far it reaches in each direction. Taking 32 directions, for all cells of a frame
at once, costs a hundredth of a hull algorithm a cell, and gives a disc's area within 0.3 %.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage

_DIRECTIONS = 32


def solidities(numbered: LabelImage, areas: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return area over convex hull's area ``(n,)``, at most 1, of the cells 1 ... n of `numbered` ``(Y, X)``.

    The hull is that of the middles of the pixels' sides: over the pixels' corners a disc of 8 px radius would
    have 0.90, and one of 2 px 0.77.
    """
    rows, columns, cells = _ends_of_rows(numbered)
    if len(cells) == 0:
        return np.zeros(0)
    first_of_cell = np.flatnonzero(np.diff(cells, prepend=0))
    step = 2 * np.pi / _DIRECTIONS
    reach = np.empty((_DIRECTIONS, len(areas)))
    for number in range(_DIRECTIONS):
        dy, dx = np.sin(number * step), np.cos(number * step)
        to_middle_of_side = 0.5 * max(abs(dy), abs(dx))
        reach[number] = np.maximum.reduceat(rows * dy + columns * dx, first_of_cell) + to_middle_of_side
    # The tangents in neighbouring directions bound a polygon; these are its sides, and half of each times its
    # distance from the origin is a triangle.
    neighbours = np.roll(reach, 1, axis=0) + np.roll(reach, -1, axis=0)
    sides = (neighbours - 2 * reach * np.cos(step)) / np.sin(step)
    hulls = (reach * sides).sum(axis=0) / 2
    filled: NDArray[np.float64] = np.minimum(areas / hulls, 1.0)
    return filled


def _ends_of_rows(
    numbered: LabelImage,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int32]]:
    """Return row, column and cell of each pixel at an end of a run in its row, ordered by cell.

    No other pixel can touch a hull.
    """
    padded = np.pad(numbered, ((0, 0), (1, 1)))
    is_end = (numbered != padded[:, :-2]) | (numbered != padded[:, 2:])
    rows, columns = np.nonzero(is_end & (numbered > 0))
    cells = numbered[rows, columns]
    order = np.argsort(cells, kind="stable")
    return rows[order], columns[order], cells[order]
