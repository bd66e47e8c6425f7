"""Interpolation of grey values and labels at positions between pixels; frames are mirrored at the border."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from skimage.measure import label as connected_components

from podia.data.movie import Image, LabelImage


class Resampler:
    """Samples frames of one size at the same positions: linear for grey values, nearest for labels.

    It uses only NumPy, so that any number of threads can run in parallel with the training, which needs torch's
    threads. On one core, five 256 x 256 patches take 2.0 ms; 0.9 ms with torch's grid_sample, 9.2 ms with SciPy's
    map_coordinates.

    Parameters
    ----------
    coordinates
        ``(2, Y, X)``, y and x of the positions, from 0 at the centre of the first pixel.
    shape
        Size ``(Y, X)`` of the frames.
    """

    def __init__(self, coordinates: NDArray[np.float64], shape: tuple[int, int]) -> None:
        self._shape = shape
        y, x = coordinates
        self._top, self._left = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
        self._down = (y - self._top).astype(np.float32)
        self._right = (x - self._left).astype(np.float32)

    def linear(self, image: Image) -> NDArray[np.float32]:
        """Return grey values of `image` at the positions, ``(Y, X)`` float32, linear between pixels."""
        pixels = image.reshape(-1)
        a, b, c, d = (pixels.take(corner).astype(np.float32, copy=False) for corner in self._corners)
        upper = a + self._right * (b - a)
        lower = c + self._right * (d - c)
        blended: NDArray[np.float32] = upper + self._down * (lower - upper)
        return blended

    def nearest(self, labels: NDArray[Any], *, tell_mirror_images_apart: bool = True) -> LabelImage:
        """Return labels of the nearest pixels, ``(Y, X)`` int32.

        A mirror image that does not touch its cell becomes a separate cell with a new label, unless this is switched
        off.
        """
        pixels, mirrored = self._nearest
        values: LabelImage = labels.reshape(-1).take(pixels).astype(np.int32, copy=False)
        if mirrored is None or not tell_mirror_images_apart:
            return values
        return _tell_mirror_images_apart(values, mirrored)

    @cached_property
    def _corners(self) -> tuple[NDArray[np.int64], ...]:
        """Flat indices of the four pixels around each position."""
        height, width = self._shape
        upper, lower = (reflect(self._top + k, height) * width for k in (0, 1))
        first, second = (reflect(self._left + k, width) for k in (0, 1))
        return upper + first, upper + second, lower + first, lower + second

    @cached_property
    def _nearest(self) -> tuple[NDArray[np.int64], NDArray[np.bool_] | None]:
        """Flat index of the pixel nearest to each position, and which positions are outside (None: none)."""
        height, width = self._shape
        # Half-way positions belong to the lower right pixel.
        rows, columns = self._top + (self._down >= 0.5), self._left + (self._right >= 0.5)
        outside = (rows < 0) | (rows >= height) | (columns < 0) | (columns >= width)
        pixels = reflect(rows, height) * width + reflect(columns, width)
        return pixels, outside if outside.any() else None


def reflect(index: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    """Map indices to 0..n-1 by mirroring at the centres of the end pixels.

    Examples
    --------
    >>> reflect(np.array([-2, -1, 0, 3, 4, 5]), 4).tolist()
    [2, 1, 0, 3, 2, 1]
    """
    if n == 1:
        return np.zeros_like(index)
    if index.size == 0 or (index.min() >= 0 and index.max() < n):
        return index
    period = 2 * (n - 1)
    folded = np.abs(index) % period
    mirrored: NDArray[np.int64] = np.minimum(folded, period - folded)
    return mirrored


def _tell_mirror_images_apart(labels: LabelImage, mirrored: NDArray[np.bool_]) -> LabelImage:
    pieces = connected_components(labels, background=0, connectivity=2)
    is_copy = np.ones(int(pieces.max()) + 1, dtype=bool)
    is_copy[pieces[~mirrored]] = False
    changed = is_copy[pieces] & (labels > 0)
    return np.where(changed, labels.max() + pieces, labels).astype(np.int32)
