"""True masks of simulated cells."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.data.movie import LabelImage
from podia.simulation.scene import Scene
from podia.simulation.shape import Arm, CellShape

Array = NDArray[np.float64]


class Window(NamedTuple):
    """A rectangle of pixels without `bottom` and `right`; it may extend beyond the frame."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def shape(self) -> tuple[int, int]:
        """Size ``(Y, X)``."""
        return self.bottom - self.top, self.right - self.left

    @property
    def slices(self) -> tuple[slice, slice]:
        """Index of its pixels in a frame that contains it."""
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def within(self, frame_shape: tuple[int, int]) -> Window | None:
        """Return the part inside a frame, or None if there is none."""
        top, left = max(self.top, 0), max(self.left, 0)
        bottom, right = min(self.bottom, frame_shape[0]), min(self.right, frame_shape[1])
        return Window(top, left, bottom, right) if top < bottom and left < right else None

    def axes(self, y: float, x: float) -> tuple[Array, Array]:
        """Return rows ``(Y, 1)`` and columns ``(1, X)`` counted from a position."""
        rows = np.arange(self.top, self.bottom, dtype=np.float64)[:, None] - y
        return rows, np.arange(self.left, self.right, dtype=np.float64)[None, :] - x


_MARGIN_PX = 2.0
"""Room around a part, so that its soft edge in the picture is covered too."""


@dataclass(frozen=True)
class CellMask:
    """The pixels of one cell: a window of the frame and the mask within it; one 4-connected region."""

    window: Window
    pixels: NDArray[np.bool_]
    frame_shape: tuple[int, int]
    is_cut: bool

    @property
    def area(self) -> int:
        """Number of pixels."""
        return int(np.count_nonzero(self.pixels))

    def centroid(self) -> tuple[float, float]:
        """Return ``(y, x)`` in the frame."""
        rows, columns = np.nonzero(self.pixels)
        return float(rows.mean()) + self.window.top, float(columns.mean()) + self.window.left

    def holds(self, y: float, x: float) -> bool:
        """Return whether the pixel around a position belongs to the cell."""
        row, column = round(y) - self.window.top, round(x) - self.window.left
        inside = 0 <= row < self.pixels.shape[0] and 0 <= column < self.pixels.shape[1]
        return inside and bool(self.pixels[row, column])


def grid_depth(shape: CellShape, window: Window) -> Array:
    """Return :meth:`CellShape.depth` at the pixel centres of a window, ``-inf`` far from the cell.

    Each part is evaluated in its own bounding box only.
    """
    depth = np.full(window.shape, -np.inf)
    parts = [shape.body_depth, *(_depth_in(arm) for arm in shape.arms)]
    for box, part_depth in zip(shape.boxes(), parts, strict=True):
        around = _window_of(shape, box, _MARGIN_PX)
        local = Window(*(np.array(around) - (window.top, window.left) * 2)).within(window.shape)
        if local is None:
            continue
        part = depth[local.slices]
        np.maximum(part, part_depth(*local.axes(shape.y - window.top, shape.x - window.left)), out=part)
    return depth


def _depth_in(arm: Arm) -> Callable[[Array, Array], Array]:
    return lambda y, x: arm.depth(*arm.from_cell(y, x))


def _window_of(shape: CellShape, box: Array, pad: float) -> Window:
    top, bottom, left, right = (float(edge) for edge in box)
    return Window(
        math.floor(shape.y + top - pad),
        math.floor(shape.x + left - pad),
        math.ceil(shape.y + bottom + pad) + 1,
        math.ceil(shape.x + right + pad) + 1,
    )


def cell_window(shape: CellShape, pad: float = _MARGIN_PX) -> Window:
    """Return the window around a cell with a margin of `pad` px; it may extend beyond the frame."""
    boxes = shape.boxes()
    low, high = boxes.min(axis=0), boxes.max(axis=0)
    return _window_of(shape, np.array([low[0], high[1], low[2], high[3]]), pad)


def cell_mask(shape: CellShape, frame_shape: tuple[int, int]) -> CellMask | None:
    """Return the pixels whose centres lie inside a cell, or None if none is in the frame.

    If the frame edge cuts a cell into pieces, the largest one is kept.
    """
    window = cell_window(shape).within(frame_shape)
    if window is None:
        return None
    pixels = grid_depth(shape, window) >= 0.0
    sides = (
        (window.top == 0, pixels[0]),
        (window.bottom == frame_shape[0], pixels[-1]),
        (window.left == 0, pixels[:, 0]),
        (window.right == frame_shape[1], pixels[:, -1]),
    )
    is_cut = any(at_edge and bool(line.any()) for at_edge, line in sides)
    if is_cut:
        pieces, n_pieces = ndimage.label(pixels)
        if n_pieces > 1:
            pixels = pieces == 1 + int(np.argmax(np.bincount(pieces.ravel())[1:]))
    return CellMask(window, pixels, frame_shape, is_cut) if pixels.any() else None


@dataclass(frozen=True)
class SimulatedLabels:
    """Source of the label frames; a pixel's value is its cell's track id.

    Parameters
    ----------
    scene
        What to draw.
    track_ids
        Track id of each row of the scene's bodies; 0 for cells that are out of view.
    """

    scene: Scene
    track_ids: NDArray[np.int32]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return (self.scene.config.n_frames, *self.scene.frame_shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a frame's pixels."""
        return np.dtype(np.int32)

    def read(self, frame: int) -> LabelImage:
        """Return frame `frame`, ``(Y, X)``."""
        labels = np.zeros(self.scene.frame_shape, np.int32)
        for row, shape in zip(self.scene.rows(frame), self.scene.shapes(frame), strict=True):
            if self.track_ids[row] == 0:
                continue
            mask = cell_mask(shape, self.scene.frame_shape)
            if mask is not None:
                labels[mask.window.slices][mask.pixels] = self.track_ids[row]
        return labels
