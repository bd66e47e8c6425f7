"""How full the convex hull of a cell is: near 1 for a cell that has rounded up, low for two that touch."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from podia.data.movie import LabelImage


def solidities(numbered: LabelImage, areas: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return area over convex hull's area ``(n,)`` of the cells 1 ... n of `numbered` ``(Y, X)``.

    The hull is that of the middles of the pixels' sides, at most 1: over the pixels' corners a disc of 8 px
    radius would have 0.90, and one of 2 px 0.77. It is made of the first and last pixel of each row of a cell,
    which is all that a hull can touch, and of the top and bottom of these.
    """
    rows, columns = np.nonzero(numbered)
    cells = numbered[rows, columns]
    order = np.argsort(cells, kind="stable")  # row-major within each cell, as nonzero has it
    rows, columns, cells = rows[order], columns[order], cells[order]
    starts = np.flatnonzero(np.diff(cells, prepend=0) | np.diff(rows, prepend=-1))
    ends = np.append(starts[1:], len(rows)) - 1
    bounds = np.searchsorted(cells[starts], np.arange(1, len(areas) + 2))
    hulls = np.empty(len(areas))
    for cell, (begin, stop) in enumerate(pairwise(bounds)):
        row, left, right = (values[begin:stop] for values in (rows[starts], columns[starts], columns[ends]))
        sides = [(row, left - 0.5), (row, right + 0.5)]
        sides += [(row + step, column) for step in (-0.5, 0.5) for column in (left, right)]
        middles = np.concatenate([np.stack(side, axis=1) for side in sides])
        hulls[cell] = ConvexHull(middles).volume  # what Qhull calls the volume is the area in two dimensions
    return np.minimum(areas / hulls, 1.0)
