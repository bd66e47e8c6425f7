"""Points and outlines drawn on a frame, independent of the program that wrote them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Ring: TypeAlias = NDArray[np.float64]
"""Vertices ``(N, 2)`` of a closed line, ``(y, x)`` in px, pixel centres at whole numbers; the last joins the first."""


@dataclass(frozen=True)
class DrawnShape:
    """A point, or an outline of one ring or several.

    Parameters
    ----------
    frame
        Index of the frame, from 0; 0 if the file does not contain it.
    rings
        Closed lines. A pixel is inside if it lies in an odd number of rings, so that a ring within a ring is a hole.
    is_point
        Whether the shape is a point: a ring with one vertex.
    has_frame
        Whether the file contains the frame; annotations of a single image do not.
    """

    frame: int
    rings: tuple[Ring, ...]
    is_point: bool = False
    has_frame: bool = True

    @property
    def position(self) -> NDArray[np.float64]:
        """The point ``(y, x)`` in px, or the centroid of the largest ring's area."""
        if self.is_point:
            return self.rings[0].reshape(2)
        areas = [_area_and_centroid(ring) for ring in self.rings]
        _, centroid = max(areas, key=lambda found: found[0])
        return centroid


def ellipse(centre: NDArray[np.float64], half_axes: NDArray[np.float64]) -> Ring:
    """Return an ellipse with 64 vertices, from its centre ``(y, x)`` and semi-axes, one row ``(y, x)`` each.

    For an axis-aligned ellipse, `half_axes` is ``np.diag(radii)``.
    """
    angles = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    return np.asarray(centre + np.stack([np.sin(angles), np.cos(angles)], axis=1) @ half_axes)


def _area_and_centroid(ring: Ring) -> tuple[float, NDArray[np.float64]]:
    """Return area and centroid by the shoelace formula; the mean of the vertices if the area is zero."""
    y, x = (ring - ring[0]).T  # reduces rounding errors
    next_y, next_x = np.roll(y, -1), np.roll(x, -1)
    crossed = x * next_y - next_x * y
    area = crossed.sum() / 2
    if abs(area) < 1e-9:
        return 0.0, ring.mean(axis=0)
    sums = np.array([((y + next_y) * crossed).sum(), ((x + next_x) * crossed).sum()])
    return abs(float(area)), ring[0] + sums / (6 * area)
