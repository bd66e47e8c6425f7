"""Cells drawn from formulas, so that what must be measured is known. A pixel is set if its centre is inside."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Point = tuple[float, float]


def grid(size: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the coordinates ``y`` and ``x`` of the pixels of a square image."""
    y, x = np.mgrid[:size, :size].astype(np.float64)
    return y, x


def disc(radius: float, *, size: int = 121, centre: Point | None = None) -> Mask:
    """Return a disc; in the middle without `centre`."""
    y, x = grid(size)
    cy, cx = centre or (size // 2, size // 2)
    return np.hypot(y - cy, x - cx) <= radius


def strip(start: Point, stop: Point, half_width: float, *, size: int = 121, round_end: bool = True) -> Mask:
    """A straight strip; its round ends reach `half_width` beyond the two points."""
    y, x = grid(size)
    dy, dx = stop[0] - start[0], stop[1] - start[1]
    length = math.hypot(dy, dx)
    along = ((y - start[0]) * dy + (x - start[1]) * dx) / length
    across = np.abs((y - start[0]) * dx - (x - start[1]) * dy) / length
    if not round_end:
        return (along >= 0) & (along <= length) & (across <= half_width)
    nearest = np.clip(along, 0, length)
    return np.hypot(along - nearest, across) <= half_width


def arm_tip(centre: Point, angle_deg: float, length: float) -> Point:
    """Where an arm of `length` ends; angles are counter-clockwise as seen."""
    angle = math.radians(angle_deg)
    return centre[0] - length * math.sin(angle), centre[1] + length * math.cos(angle)


def star(
    angles_deg: list[float],
    *,
    length: float,
    half_width: float = 3.0,
    radius: float = 15.0,
    size: int = 121,
    centre: Point | None = None,
) -> Mask:
    """A round body with straight, round-ended arms whose tips lie `length` from its centre."""
    centre = centre or (size // 2, size // 2)
    mask = disc(radius, size=size, centre=centre)
    for angle in angles_deg:
        mask |= strip(centre, arm_tip(centre, angle, length - half_width), half_width, size=size)
    return mask


def ring(inner: float, outer: float, *, size: int = 121) -> Mask:
    """Return a ring between two radii."""
    return disc(outer, size=size) & ~disc(inner, size=size)


def arc(
    radius: float,
    half_width: float,
    from_deg: float,
    to_deg: float,
    *,
    size: int = 121,
    centre: Point | None = None,
) -> Mask:
    """A bent strip with flat ends along a circle."""
    y, x = grid(size)
    cy, cx = centre or (size // 2, size // 2)
    angle = np.degrees(np.arctan2(cy - y, x - cx)) % 360
    return (np.abs(np.hypot(y - cy, x - cx) - radius) <= half_width) & (angle >= from_deg) & (angle <= to_deg)
