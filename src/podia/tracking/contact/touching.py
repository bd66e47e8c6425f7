"""Regions of a frame that touch, and whether two of them look like one cell in pieces.

The outline of two cells that touch has a waist where they meet, and both are of the usual size. Pieces of one cell
together are more convex than they are alone, such as a cell body that a network parted from its lamella, and at
least one is small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage
from podia.tracking.frame_cells import FrameCells
from podia.tracking.solidity import hull_areas, reaches

_NEAR_PX = 2
_FULLNESS = 0.05
"""Gain of solidity, when two regions are joined, that counts 1."""
_SMALLNESS = 0.4
"""Logarithm of the usual area over that of the smaller region that counts 1."""
MOST_LIKENESS = 4.0


@dataclass(frozen=True)
class Touching:
    """K pairs of touching cells of a frame.

    Parameters
    ----------
    pairs
        ``(K, 2)`` numbers of the cells from 1, the smaller first.
    likeness
        ``(K,)`` how much they look like one cell, from -4 to 4; below 0 rather like two.
    """

    pairs: NDArray[np.int64]
    likeness: NDArray[np.float64]

    @classmethod
    def of(cls, frame: FrameCells) -> Touching:
        """Return the pairs of `frame`; the usual area is the median of the frame."""
        pairs = touching_pairs(frame.numbered)
        if len(pairs) == 0:
            return cls(pairs, np.zeros(0))
        one, other = (pairs - 1).T
        area = frame.area.astype(np.float64)
        reach = reaches(frame)
        hulls = hull_areas(reach)
        together = hull_areas(np.maximum(reach[:, one], reach[:, other]))
        gain = (area[one] + area[other]) * (1 / together - 1 / (hulls[one] + hulls[other]))
        small = np.log(np.median(area) / np.minimum(area[one], area[other]))
        return cls(pairs, np.clip(gain / _FULLNESS + small / _SMALLNESS, -MOST_LIKENESS, MOST_LIKENESS))


def touching_pairs(numbered: LabelImage) -> NDArray[np.int64]:
    """Return the pairs of cells ``(K, 2)`` of a frame, numbered from 1, that are at most 2 px apart; smaller first."""
    width = numbered.shape[1]
    flat = np.ascontiguousarray(numbered).ravel()
    found = []
    for dy, dx in ((0, 1), (1, 0), (0, _NEAR_PX), (_NEAR_PX, 0), (_NEAR_PX, _NEAR_PX), (_NEAR_PX, -_NEAR_PX)):
        step = dy * width + dx
        if not 0 < step < flat.size:
            continue
        at = np.flatnonzero(flat[:-step] != flat[step:])  # few: the pixels at the rims of cells
        one, other, column = flat[at], flat[at + step], at % width + dx
        meet = (one > 0) & (other > 0) & (column >= 0) & (column < width)
        found.append(np.stack([one[meet], other[meet]], axis=1).astype(np.int64))
    pairs = np.sort(np.concatenate([np.zeros((0, 2), np.int64), *found]), axis=1)
    return np.unique(pairs, axis=0)
