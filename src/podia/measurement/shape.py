"""Size, position, ellipse and grey values of every cell in a frame, from sums over its pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.field_of_view import FieldOfView
from podia.data.movie import Image
from podia.measurement.regions import Regions

Columns = dict[str, NDArray[Any]]
"""Columns of a table under base names, each ``(N,)``, in pixels."""

_AT_EDGE_PX = 0.5
"""Distance from the edge of the field of view below which a pixel is on its border."""
ISOTROPIC = 1e-9
"""Minimum relative difference of second moments for a major direction."""


def size_and_place(regions: Regions, field: FieldOfView | None = None) -> Columns:
    """Return area, centroid, bounding box and whether the cell touches the edge of `field` (None: of the frame)."""
    area = regions.per_cell()
    boxes = np.array([(r.start, c.start, r.stop, c.stop) for r, c in regions.boxes], dtype=np.int64)
    top, left, bottom, right = boxes.reshape(-1, 4).T
    field = field or FieldOfView.whole(regions.frame_shape)
    at_edge = field.depth(regions.rows, regions.cols) < _AT_EDGE_PX
    return {
        "y": regions.per_cell(regions.rows) / area,
        "x": regions.per_cell(regions.cols) / area,
        "bbox_top": top,
        "bbox_left": left,
        "bbox_bottom": bottom,
        "bbox_right": right,
        "area": area,
        "touches_border": regions.per_cell(at_edge) > 0,
    }


def ellipse(regions: Regions) -> Columns:
    """Return axes, aspect ratio, eccentricity and orientation of the ellipse with the same second moments.

    As in scikit-image, the moments are those of the pixel centres, so that a row of pixels has no width.
    """
    area = regions.per_cell()
    dy = regions.rows - (regions.per_cell(regions.rows) / area)[regions.cell]
    dx = regions.cols - (regions.per_cell(regions.cols) / area)[regions.cell]
    yy, xx, xy = (regions.per_cell(product) / area for product in (dy * dy, dx * dx, dy * dx))
    spread = np.hypot(yy - xx, 2 * xy)
    major = (yy + xx + spread) / 2
    # Without it, rounding errors would give a line of pixels a width of 1e-8.
    minor = np.where(spread >= (1 - ISOTROPIC) * (yy + xx), 0.0, (yy + xx - spread) / 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(minor > 0, np.sqrt(major / minor), np.nan)
        eccentricity = np.where(major > 0, np.sqrt(1 - minor / major), np.nan)
    return {
        "major_axis": 4 * np.sqrt(major),
        "minor_axis": 4 * np.sqrt(minor),
        "aspect_ratio": ratio,
        "eccentricity": eccentricity,
        "orientation": _orientation(yy, xx, xy, spread),
    }


def _orientation(
    yy: NDArray[np.float64], xx: NDArray[np.float64], xy: NDArray[np.float64], spread: NDArray[np.float64]
) -> NDArray[np.float64]:
    total = yy + xx
    # Otherwise, rounding errors decide whether an upright cell is at +90 or -90 degrees.
    xy = np.where(np.abs(xy) <= ISOTROPIC * total, 0.0, xy)
    # Rows run down the image, hence the minus: angles are counter-clockwise as displayed.
    angle = np.degrees(np.arctan2(-2 * xy + 0.0, xx - yy)) / 2
    return np.where(spread > ISOTROPIC * total, angle, np.nan)


def grey_values(regions: Regions, image: Image) -> Columns:
    """Return mean and standard deviation of `image` ``(Y, X)`` inside each cell."""
    area = regions.per_cell()
    values = image[regions.rows, regions.cols].astype(np.float64)
    mean = regions.per_cell(values) / area
    variance = regions.per_cell((values - mean[regions.cell]) ** 2) / area
    return {"intensity_mean": mean, "intensity_std": np.sqrt(variance)}
