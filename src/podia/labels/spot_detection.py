"""Spot detection: positions from a map of heights, as local maxima or as centres of mass above a threshold."""

from __future__ import annotations

from math import ceil, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from scipy.spatial import cKDTree

from podia.labels.foreground import EIGHT_NEIGHBOURS

_LOWEST = 1e-6
"""Minimum height, to which heights are clipped before taking the logarithm."""


def find_spots(
    heights: NDArray[np.float32],
    *,
    threshold: float = 0.5,
    method: Literal["maxima", "moments"] = "maxima",
    distance_px: float = 5.0,
) -> NDArray[np.float64]:
    """Return the positions of spots in `heights` ``(Y, X)``: ``(N, 3)`` of y, x in px and height.

    Rows are ordered by y, then x.

    - ``moments``: the centre of mass of every 8-connected region above `threshold`, heights as weights;
    - ``maxima``: every pixel above `threshold` with no higher one nearer than `distance_px`. A quadratic function
      fitted to the logarithms of the 3 x 3 pixels around gives its sub-pixel position, exact for Gaussian spots.

    Examples
    --------
    >>> y, x = np.mgrid[:20, :20]
    >>> spot = np.exp(-((y - 8.25) ** 2 + (x - 11.5) ** 2) / 18).astype(np.float32)
    >>> find_spots(spot).round(2).tolist()[0][:2]
    [8.25, 11.5]
    """
    by_regions = method == "moments"
    spots = _regions(heights, threshold) if by_regions else _maxima(heights, threshold, distance_px)
    return spots[np.lexsort((spots[:, 1], spots[:, 0]))]


def _regions(heights: NDArray[np.float32], threshold: float) -> NDArray[np.float64]:
    labels, n = ndi.label(heights > threshold, EIGHT_NEIGHBOURS)
    if n == 0:
        return np.empty((0, 3))
    index = np.arange(1, n + 1)
    centres = ndi.center_of_mass(heights.astype(np.float64), labels, index)
    return np.column_stack((np.asarray(centres), ndi.maximum(heights, labels, index))).astype(np.float64)


def _maxima(heights: NDArray[np.float32], threshold: float, distance_px: float) -> NDArray[np.float64]:
    peaks = _highest_pixels(heights, threshold, distance_px)
    if not len(peaks):
        return np.empty((0, 3))
    places = peaks + _offsets(heights, peaks)
    return np.column_stack((places, heights[tuple(peaks.T)])).astype(np.float64)


def _highest_pixels(heights: NDArray[np.float32], threshold: float, distance: float) -> NDArray[np.intp]:
    """Return the pixels ``(N, 2)`` above `threshold` without a higher neighbour or one nearer than `distance`.

    Among equally high pixels, the first from the top counts. A constant frame has none.
    """
    highest = heights == _disc_maximum(heights, distance)
    found = np.argwhere(highest & (heights > threshold))
    if highest.all() or not len(found):
        return np.empty((0, 2), dtype=np.intp)
    tree = cKDTree(found)
    near_px = max(distance, 1.5) * (1 - 1e-9)  # nearer than the distance, or beside each other
    kept = np.ones(len(found), dtype=bool)
    for index in range(len(found)):
        if kept[index]:
            kept[tree.query_ball_point(found[index], near_px)] = False
            kept[index] = True
    return found[kept]


def _disc_maximum(heights: NDArray[np.float32], distance: float) -> NDArray[np.float32]:
    """Return each pixel's highest value among the pixels nearer than `distance` and the eight beside it.

    It is computed row by row of the disc: the time for a maximum along a row does not depend on its length, whereas
    that of a filter over the disc grows with its area.
    """
    n_rows = heights.shape[0]
    highest = heights.copy()
    for dy in range(min(max(ceil(distance), 2), n_rows)):
        half_width = max(ceil(sqrt(max(distance**2 - dy**2, 0.0))) - 1, int(dy <= 1))
        along_rows = ndi.maximum_filter1d(heights, 2 * half_width + 1, axis=1, mode="nearest")
        np.maximum(highest[dy:], along_rows[: n_rows - dy], out=highest[dy:])
        np.maximum(highest[: n_rows - dy], along_rows[dy:], out=highest[: n_rows - dy])
    return highest


def _offsets(heights: NDArray[np.float32], peaks: NDArray[np.intp]) -> NDArray[np.float64]:
    """Return the sub-pixel offset of each peak, ``(N, 2)``, at most half a pixel in each direction.

    Least squares over 3 x 3 pixels: the slope along an axis over the curvature along it, each the mean of three lines.
    """
    # Mirrored at the edge of the frame, so that the slope is zero there.
    padded = np.pad(np.log(np.maximum(heights, _LOWEST)).astype(np.float64), 1, mode="reflect")
    step = np.arange(3)
    around = padded[peaks[:, 0, None, None] + step[:, None], peaks[:, 1, None, None] + step]
    offsets = np.zeros((len(peaks), 2))
    for axis in (0, 1):
        before, here, after = (np.take(around, k, axis=axis + 1).sum(axis=1) for k in step)
        slope, curvature = (after - before) / 2, 2 * here - before - after
        offsets[:, axis] = np.divide(slope, curvature, out=np.zeros(len(peaks)), where=curvature > 0)
    return np.clip(offsets, -0.5, 0.5)
