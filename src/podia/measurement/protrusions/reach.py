"""Extension of the end of a skeleton branch to the outline of the cell."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.body import Mask, Point
from podia.measurement.protrusions.pruning import Centreline, Distance

_CENTRELINE_RADII = 3
_CENTRELINE_PX = 8
"""Minimum length over which the direction of a branch is estimated; less would follow the pixel grid."""
_RAY_STEP_PX = 0.1
_CORNER_REACH = 2.5
"""Search distance for a corner, in radii at the end of the branch."""


def carry_to_outline(
    centreline: Centreline, mask: Mask, distance: Distance, config: ProtrusionConfig
) -> Point:
    """Return the tip of a branch, to a fraction of a pixel.

    The tip is where the straight continuation of the branch leaves the cell. Thinning shortens wide ends more than
    narrow ones. So if the cell extends ``min_slenderness`` times as far to a corner ahead, the tip is in that corner.
    """
    radius = float(distance[tuple(centreline[0])])
    near = centreline[
        np.hypot(*(centreline - centreline[0]).T) <= max(_CENTRELINE_RADII * radius, _CENTRELINE_PX)
    ]
    start, direction = _fit_ray(near, mask)
    reach = np.arange(0.0, 3 * radius + 3, _RAY_STEP_PX)
    ray = start + reach[:, None] * direction
    pixels = np.clip(np.rint(ray).astype(np.int64), 0, np.array(mask.shape) - 1)
    # A ray that does not leave the cell: argmax is 0, and the tip stays at the end.
    last = max(int((~mask[tuple(pixels.T)]).argmax()) - 1, 0)
    tip = ray[last]
    clearly_farther = config.min_slenderness * max(reach[last], radius) + config.min_spur_px
    if clearly_farther < _CORNER_REACH * radius:
        corner = _farthest_ahead(start, direction, mask, _CORNER_REACH * radius)
        if math.dist(corner, start) > clearly_farther:
            tip = corner
    return float(tip[0]), float(tip[1])


def _fit_ray(near: Centreline, mask: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return start and direction of a least-squares line through the end of a branch, outwards."""
    start = near[0].astype(np.float64)
    centre = near.mean(axis=0)
    dy, dx = (near - centre).T
    angle = math.atan2(2 * float(dy @ dx), float(dx @ dx - dy @ dy)) / 2
    direction = np.array([math.sin(angle), math.cos(angle)])
    direction *= math.copysign(1.0, float(direction @ (near[0] - near[-1])))
    on_line = centre + ((start - centre) @ direction) * direction
    inside = mask[tuple(np.rint(on_line).astype(np.int64))]
    return (on_line if inside else start), direction


def _farthest_ahead(
    start: NDArray[np.float64], direction: NDArray[np.float64], mask: Mask, reach: float
) -> NDArray[np.float64]:
    """Return the farthest of the pixels within `reach` that lie ahead of `start` and are connected to it."""
    low = np.maximum(np.floor(start - reach), 0).astype(np.int64)
    window = mask[low[0] : math.ceil(start[0] + reach) + 1, low[1] : math.ceil(start[1] + reach) + 1]
    y, x = np.ogrid[: window.shape[0], : window.shape[1]]
    dy, dx = y + low[0] - start[0], x + low[1] - start[1]
    away = np.hypot(dy, dx)
    # A cone of 60 degrees to either side, and all close pixels, so that the start is included.
    ahead = (2 * (dy * direction[0] + dx * direction[1]) >= away) | (away <= 1.5)
    pieces, _ = ndimage.label(window & ahead & (away <= reach), structure=np.ones((3, 3)))
    own = pieces == pieces[tuple((np.rint(start) - low).astype(np.int64))]
    farthest = np.unravel_index(np.where(own, away, -1.0).argmax(), away.shape)
    return np.asarray(low + np.array(farthest), dtype=np.float64)
