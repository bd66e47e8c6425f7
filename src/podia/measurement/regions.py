"""Cells of a label image, numbered without gaps so that arrays can be indexed by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.data.movie import LabelImage


@dataclass(frozen=True)
class Regions:
    """The N cells of a frame, with P pixels in total.

    Parameters
    ----------
    labels
        ``(N,)`` values of the cells in the label image, ascending.
    numbered
        ``(Y, X)`` int32: 0 is background, ``i + 1`` the cell ``labels[i]``.
    rows, cols, cell
        ``(P,)`` position of each cell pixel, and the index of its cell.
    boxes
        Bounding box of each cell.
    """

    labels: NDArray[np.int64]
    numbered: NDArray[np.int32]
    rows: NDArray[np.int64]
    cols: NDArray[np.int64]
    cell: NDArray[np.int64]
    boxes: list[tuple[slice, slice]]

    @property
    def n_cells(self) -> int:
        """Number of cells, N."""
        return len(self.labels)

    @property
    def frame_shape(self) -> tuple[int, int]:
        """Size of the frame, ``(Y, X)``."""
        height, width = self.numbered.shape
        return height, width

    def per_cell(self, weights: NDArray[Any] | None = None) -> NDArray[np.float64]:
        """Return the sum of `weights` ``(P,)`` over the pixels of each cell, ``(N,)``; by default, the pixel count."""
        return np.bincount(self.cell, weights, minlength=self.n_cells).astype(np.float64)

    def mask(self, index: int) -> NDArray[np.bool_]:
        """Return the mask of the cell `index` in its bounding box, with a margin of one background pixel."""
        own = self.numbered[self.boxes[index]] == index + 1
        padded = np.zeros((own.shape[0] + 2, own.shape[1] + 2), dtype=np.bool_)
        padded[1:-1, 1:-1] = own
        return padded

    def mask_origin(self, index: int) -> tuple[int, int]:
        """Return the position in the frame of the first pixel of :meth:`mask`, ``(y, x)``."""
        box = self.boxes[index]
        return box[0].start - 1, box[1].start - 1


def find_regions(labels: LabelImage) -> Regions:
    """Return the cells of `labels` ``(Y, X)``; 0 is background."""
    rows, cols = np.nonzero(labels)
    values = labels[rows, cols]
    present = np.unique(values)
    cell = np.searchsorted(present, values)
    numbered = np.zeros(labels.shape, dtype=np.int32)
    numbered[rows, cols] = cell + 1
    boxes = [box for box in ndimage.find_objects(numbered) if box is not None]
    return Regions(present.astype(np.int64), numbered, rows, cols, cell, boxes)
