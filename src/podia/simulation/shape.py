"""The outline of a simulated cell: a rounded body and the protrusions rooted in it, all analytic.

Positions are continuous, with pixel centres at whole numbers. Angles run from +x towards +y. A pixel belongs
to a cell exactly if its centre lies inside the body's outline or one of the protrusions'.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MODES = np.arange(2, 6)
"""Numbers of lobes of the body's radial Fourier modes; mode 1 would only move the body."""

_FLARE_LENGTH = 0.45
"""Length over which a protrusion widens into the body, in body radii."""

_BOX_SAMPLES = 24


@dataclass(frozen=True)
class Arm:
    """One protrusion in one frame: a strip along ``v = bend u^2 + twist u^3`` that ends in a half disc.

    ``u`` runs from the cell's centre along `angle`, ``v`` across it, both in px. The strip is
    `width` wide where it leaves the body, apart from a `flare` that widens it into the body, and narrows
    linearly to `taper` times that at its end, ``u = reach``.
    """

    protrusion_id: int
    angle: float
    reach: float
    bend: float
    twist: float
    width: float
    taper: float
    flare: float
    rim: float

    def across(self, u: Array) -> Array:
        """Return ``v`` of the centre line."""
        return (self.bend + self.twist * u) * u**2

    def slope(self, u: Array) -> Array:
        """Return ``dv/du`` of the centre line."""
        return (2.0 * self.bend + 3.0 * self.twist * u) * u

    def half_width(self, u: Array) -> Array:
        """Return half the width, measured across the centre line."""
        narrowing = 1.0 - (1.0 - self.taper) * np.clip(u / self.reach, 0.0, 1.0)
        flare = self.flare * np.exp(-np.maximum(u - self.rim, 0.0) / (_FLARE_LENGTH * self.rim))
        return np.asarray(0.5 * self.width * narrowing + flare)

    def half_extent(self, u: Array) -> Array:
        """Return half the extent of the strip in the direction of ``v``."""
        return np.asarray(self.half_width(u) * np.sqrt(1.0 + self.slope(u) ** 2))

    def depth(self, u: Array, v: Array) -> Array:
        """Return the depth of points inside the strip in px; negative outside."""
        aside = np.abs(v - self.across(u)) / np.sqrt(1.0 + self.slope(u) ** 2)
        end = np.asarray(self.reach)
        beyond = np.hypot(u - end, v - self.across(end))
        depth = np.where(u <= end, self.half_width(u) - aside, self.half_width(end) - beyond)
        return np.where(u >= 0.0, depth, -np.inf)

    def tip(self) -> tuple[float, float]:
        """Return ``(u, v)`` of the tip: where the centre line, continued straight, leaves the half disc."""
        end = np.asarray(self.reach)
        slope = float(self.slope(end))
        along = float(self.half_width(end)) / np.hypot(1.0, slope)
        return self.reach + along, float(self.across(end)) + along * slope

    def to_cell(self, u: Array, v: Array) -> tuple[Array, Array]:
        """Return ``(y, x)`` from the cell's centre of points ``(u, v)``."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return u * sin + v * cos, u * cos - v * sin

    def from_cell(self, y: Array, x: Array) -> tuple[Array, Array]:
        """Return ``(u, v)`` of points given from the cell's centre; undoes :meth:`to_cell`."""
        cos, sin = np.cos(self.angle), np.sin(self.angle)
        return x * cos + y * sin, y * cos - x * sin


@dataclass(frozen=True)
class CellShape:
    """A cell in one frame.

    The body reaches ``radius (1 + Re sum_k modes_k exp(i k angle))`` from its centre. `roundness` goes from 0
    (spread) to 1 (rounded up to divide); `height` is how far it lies from the focus in um; `cell_id` names the
    cell in the simulated world, whether or not it is in view.
    """

    cell_id: int
    y: float
    x: float
    radius: float
    modes: NDArray[np.complex128]
    rotation: float
    roundness: float
    height: float
    arms: tuple[Arm, ...]

    def body_radius(self, angle: Array) -> Array:
        """Return the distance of the body outline from the centre in px."""
        waves = self.modes[:, None] * np.exp(1j * MODES[:, None] * np.ravel(angle))
        return np.asarray(self.radius * (1.0 + waves.real.sum(axis=0)).reshape(np.shape(angle)))

    def body_depth(self, y: Array, x: Array) -> Array:
        """Return the depth inside the body, along their ray, of points relative to the centre; negative outside."""
        return np.asarray(self.body_radius(np.arctan2(y, x)) - np.hypot(y, x))

    def depth(self, y: Array, x: Array) -> Array:
        """Return the depth in body or protrusions of points relative to the centre; negative outside."""
        depth = self.body_depth(y, x)
        for arm in self.arms:
            depth = np.maximum(depth, arm.depth(*arm.from_cell(y, x)))
        return depth

    def boxes(self) -> Array:
        """Return ``(top, bottom, left, right)`` from the centre of the body and of each protrusion."""
        body = self.radius * (1.0 + float(np.abs(self.modes).sum()))
        boxes = [(-body, body, -body, body)]
        for arm in self.arms:
            u = np.linspace(0.0, arm.reach, _BOX_SAMPLES)
            y, x = arm.to_cell(u, arm.across(u))
            thick = arm.half_extent(u).max()
            boxes.append((y.min() - thick, y.max() + thick, x.min() - thick, x.max() + thick))
        return np.array(boxes)
