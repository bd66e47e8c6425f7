"""Perimeter, convex hull and Feret diameters of every cell in a frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from podia.measurement.regions import Regions
from podia.measurement.shape import Columns

_D = np.pi / (4 * np.sqrt(2))
_S = np.pi / 4
# Weight of each 2x2 pattern of pixels. Bits: upper left 1, upper right 4, lower left 2, lower right 8.
CROFTON_WEIGHTS = np.array(
    [0, _S + _D, _D, 2 * _D, 0, _S + _D, 0, _D, _S, 2 * _S, _D, _D, _S, 2 * _S, 0, 0], dtype=np.float64
)
"""Crofton's formula in four directions, as in scikit-image's ``perimeter_crofton``."""


def outline_measures(regions: Regions, area: NDArray[np.float64]) -> Columns:
    """Return perimeter, circularity, shape index, solidity and Feret diameters."""
    perimeter = crofton_perimeter(regions)
    hulls = [hull_measures(regions.mask(index)) for index in range(regions.n_cells)]
    hull_area, feret_max, feret_min = np.array(hulls, dtype=np.float64).reshape(-1, 3).T
    return {
        "perimeter": perimeter,
        "circularity": 4 * np.pi * area / perimeter**2,
        "shape_index": perimeter / np.sqrt(area),
        "solidity": area / hull_area,
        "feret_max": feret_max,
        "feret_min": feret_min,
    }


def crofton_perimeter(regions: Regions) -> NDArray[np.float64]:
    """Return the length of each cell's outline, ``(N,)``, all cells of the frame at once.

    Each 2x2 window that is not entirely one cell adds, for each of its cells, the weight of its pattern. A neighbouring
    cell and the edge of the frame count as background.
    """
    padded = np.pad(regions.numbered, 1)
    corners = padded[:-1, :-1], padded[:-1, 1:], padded[1:, :-1], padded[1:, 1:]
    first = corners[0]
    mixed = np.logical_or.reduce([corner != first for corner in corners[1:]])
    window = np.stack([corner[mixed] for corner in corners])
    bits = np.array([1, 4, 2, 8])[:, None]
    total = np.zeros(regions.n_cells + 1)
    for position in range(4):
        cell = window[position]
        # A cell with several pixels in a window is counted at the first one.
        new = (cell > 0) & (window[:position] != cell).all(axis=0)
        pattern = ((window[:, new] == cell[new]) * bits).sum(axis=0)
        total += np.bincount(cell[new], CROFTON_WEIGHTS[pattern], minlength=len(total))
    return total[1:]


def hull_measures(mask: NDArray[np.bool_]) -> tuple[float, float, float]:
    """Return area, maximum and minimum width of the convex hull of the pixel corners.

    The widths are exact for the polygon: the maximum is a distance between two vertices, the minimum is perpendicular
    to an edge (rotating calipers).
    """
    corners = _extreme_corners(mask)
    hull = ConvexHull(corners)
    vertices = corners[hull.vertices]
    widths = np.hypot(*(vertices[:, None] - vertices[None]).transpose(2, 0, 1))
    edges = np.roll(vertices, -1, axis=0) - vertices
    normals = np.stack([-edges[:, 1], edges[:, 0]], axis=1) / np.hypot(*edges.T)[:, None]
    across = vertices @ normals.T
    # In SciPy, the volume of a polygon is its area.
    return float(hull.volume), float(widths.max()), float(np.ptp(across, axis=0).min())


def _extreme_corners(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the corners of the first and last pixel of each row, ``(4 rows, 2)``."""
    rows = np.flatnonzero(mask.any(axis=1))
    first = mask[rows].argmax(axis=1) - 0.5
    last = mask.shape[1] - 0.5 - mask[rows, ::-1].argmax(axis=1)
    y = np.concatenate([rows - 0.5, rows + 0.5, rows - 0.5, rows + 0.5])
    x = np.concatenate([first, first, last, last])
    return np.stack([y, x], axis=1)
