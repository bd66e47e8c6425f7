"""Discs on positions: a label image of points."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage
from podia.labels.cleaning import keep_largest_pieces
from podia.labels.foreground import Mask


def draw_discs(
    points: NDArray[np.float64] | Sequence[Sequence[float]], shape: tuple[int, int], radius_px: float
) -> LabelImage:
    """Return labels ``(Y, X)`` with a disc on each of `points` ``(N, 2)``; point k has the label k + 1.

    A disc contains the pixels whose centres are within `radius_px` of the point, and always the pixel of the point.
    Where discs overlap, each pixel belongs to the nearest point, or to the earlier one if equally near; of two points
    in the same pixel, one may have no pixels. Discs are cut at the edge of the frame.

    Examples
    --------
    >>> draw_discs([(1.0, 1.0), (1.2, 4.0)], (3, 6), 1.0)
    array([[0, 1, 0, 0, 0, 0],
           [1, 1, 1, 0, 2, 0],
           [0, 1, 0, 0, 2, 0]], dtype=int32)
    """
    return keep_largest_pieces(_nearest_within(points, shape, radius_px))


def near_points(
    points: NDArray[np.float64] | Sequence[Sequence[float]], shape: tuple[int, int], radius_px: float
) -> Mask:
    """Return which pixels ``(Y, X)`` are within `radius_px` of one of `points` ``(N, 2)``, or contain one."""
    return _nearest_within(points, shape, radius_px) > 0


def _nearest_within(
    points: NDArray[np.float64] | Sequence[Sequence[float]], shape: tuple[int, int], radius_px: float
) -> LabelImage:
    labels = np.zeros(shape, dtype=np.int32)
    nearest = np.full(shape, np.inf)
    reach = int(np.ceil(radius_px)) + 1
    for label, (y, x) in enumerate(np.asarray(points, dtype=float).reshape(-1, 2).tolist(), start=1):
        row, column = round(y), round(x)
        rows = slice(max(row - reach, 0), max(row + reach + 1, 0))
        columns = slice(max(column - reach, 0), max(column + reach + 1, 0))
        area = nearest[rows, columns]
        dy = np.arange(rows.start, rows.start + area.shape[0])[:, None] - y
        dx = np.arange(columns.start, columns.start + area.shape[1])[None, :] - x
        squared = dy**2 + dx**2
        inside = (squared <= radius_px**2 + 1e-9) | ((np.abs(dy) <= 0.5) & (np.abs(dx) <= 0.5))
        taken = inside & (squared < area)
        area[taken] = squared[taken]
        labels[rows, columns][taken] = label
    return labels
