"""Field of view: the part of a frame in which cells were searched; its edge cuts cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class FieldOfView:
    """A convex area of a frame, bounded by straight lines.

    Parameters
    ----------
    frame_shape
        Size of the frame, ``(Y, X)``.
    edges
        ``(K, 3)``: inward unit normal ``(y, x)`` of each line, and its offset along the normal in px; lines pass
        through the centres of the outermost pixels.

    Examples
    --------
    >>> field = FieldOfView.whole((10, 20))
    >>> field.depth(np.array([0.0, 4.0, 9.0]), np.array([5.0, 7.0, 5.0])).tolist()
    [0.0, 4.0, 0.0]
    """

    frame_shape: tuple[int, int]
    edges: NDArray[np.float64]

    @classmethod
    def whole(cls, frame_shape: tuple[int, int]) -> FieldOfView:
        """Return the whole frame as field of view."""
        return cls(frame_shape, _lines_of(corners_of(0, 0, *frame_shape)))

    def within(self, corners: NDArray[np.float64]) -> FieldOfView:
        """Return the intersection with a quadrilateral.

        Parameters
        ----------
        corners
            ``(4, 2)`` as ``(y, x)`` px, centres of its outermost pixels: top left, top right, bottom right, bottom
            left, in any orientation.
        """
        return FieldOfView(self.frame_shape, np.concatenate([self.edges, _lines_of(corners)]))

    def depth(self, y: NDArray[Any], x: NDArray[Any]) -> NDArray[np.float64]:
        """Return the distance of positions to the nearest edge, px: 0 on the edge pixels, negative outside."""
        depth: NDArray[np.float64] = np.full(np.shape(y), np.inf)
        for down, along, start in self.edges:
            np.minimum(depth, down * y + along * x - start, out=depth)
        return depth

    @property
    def n_pixels(self) -> int:
        """Number of pixels in the field."""
        return int(np.count_nonzero(self.mask()))

    def mask(self) -> NDArray[np.bool_]:
        """Return which pixels of the frame are in the field, ``(Y, X)``."""
        rows, columns = (np.arange(length, dtype=np.float64) for length in self.frame_shape)
        inside = np.ones(self.frame_shape, dtype=np.bool_)
        for down, along, start in self.edges:
            inside &= (down * rows)[:, None] + along * columns > start - 0.5
        return inside


def corners_of(top: int, left: int, bottom: int, right: int) -> NDArray[np.float64]:
    """Return the corners for :meth:`FieldOfView.within` of rows `top` to `bottom` and columns `left` to `right`.

    They are centres of the outermost pixels; `bottom` and `right` are excluded.
    """
    return np.array(
        [[top, left], [top, right - 1], [bottom - 1, right - 1], [bottom - 1, left]], dtype=np.float64
    )


def _lines_of(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    along = np.roll(corners, -1, axis=0) - corners
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
    lengths = np.hypot(*normals.T)
    # A side of one pixel has no direction; the other edges still bound the frame.
    normals = np.divide(normals, lengths[:, None], out=np.zeros_like(normals), where=lengths[:, None] > 0)
    return np.column_stack([normals, (normals * corners).sum(axis=1)])
