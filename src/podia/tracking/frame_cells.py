"""Run-length encoding of the cells in a frame, from which areas, centroids and boxes are computed.

Strategy: a frame of a megapixel has some ten thousand runs. Pixels are compared with their neighbours once; everything
else works on runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class FrameCells:
    """The n cells of a frame ``(Y, X)``, numbered from 1 in the order of their labels.

    Parameters
    ----------
    numbered
        ``(Y, X)`` number of the cell at each pixel, 0 for none.
    label
        ``(n,)`` labels of the cells in the frame.
    row, start, stop, cell
        ``(R,)`` runs of pixels of a cell within a row: row, first column, one past the last column, and the number of
        the cell minus 1; ordered by cell, row and column.
    """

    numbered: LabelImage
    label: Integers
    row: Integers
    start: Integers
    stop: Integers
    cell: Integers

    @classmethod
    def of(cls, image: LabelImage) -> FrameCells:
        """Encode the cells of `image` ``(Y, X)``."""
        height, width = image.shape
        if image.size == 0:
            nothing = np.zeros(0, np.int64)
            return cls(np.zeros((height, width), np.int32), *(nothing for _ in range(5)))
        flat = np.ascontiguousarray(image).ravel()
        begins = np.empty(flat.size, bool)
        np.not_equal(flat[1:], flat[:-1], out=begins[1:])
        begins[::width] = True
        first = np.flatnonzero(begins)
        length = np.diff(first, append=flat.size)
        values, number = np.unique(flat[first], return_inverse=True)
        if values[0] > 0:
            number = number + 1
        else:
            values = values[1:]
        numbered: LabelImage = np.repeat(number.astype(np.int32), length).reshape(height, width)
        own = np.flatnonzero(number > 0)
        own = own[np.argsort(number[own], kind="stable")]
        row, start = np.divmod(first[own], width)
        return cls(numbered, values.astype(np.int64), row, start, start + length[own], number[own] - 1)

    def __len__(self) -> int:
        return len(self.label)

    @cached_property
    def area(self) -> Integers:
        """Number of pixels of each cell, ``(n,)``."""
        return self._sum((self.stop - self.start).astype(np.float64)).astype(np.int64)

    @cached_property
    def centroid(self) -> Floats:
        """Centroid ``(y, x)`` of each cell, ``(n, 2)``."""
        length = self.stop - self.start
        rows, columns = self.row * length, (self.start + self.stop - 1) * length // 2
        sums = [self._sum(one.astype(np.float64)) for one in (rows, columns)]
        return np.stack(sums, axis=1) / self.area[:, None]

    @cached_property
    def first_run(self) -> Integers:
        """Index of the first run of each cell, ``(n,)``."""
        begins: Integers = np.flatnonzero(np.diff(self.cell, prepend=-1))
        return begins

    @cached_property
    def box(self) -> NDArray[np.int32]:
        """Bounding box of each cell: top, left, bottom, right, the latter two exclusive, ``(n, 4)``."""
        if len(self) == 0:
            return np.zeros((0, 4), np.int32)
        at = self.first_run
        sides = (
            np.minimum.reduceat(self.row, at),
            np.minimum.reduceat(self.start, at),
            np.maximum.reduceat(self.row, at) + 1,
            np.maximum.reduceat(self.stop, at),
        )
        return np.stack(sides, axis=1).astype(np.int32)

    def _sum(self, values: Floats) -> Floats:
        return np.bincount(self.cell, weights=values, minlength=len(self)).astype(np.float64)
