"""A culture of round cells that wander, divide at random and keep apart: cheap, and exact in its numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

RADIUS_PX = 7.0
GAP_PX = 5.0
"""Least gap between two cells, so that a segmentation can tell them apart."""

_MARGIN_PX = 12
"""Distance of cells from the edge of the field, so that all are seen whole."""

_TURN = 0.6
"""Standard deviation of the change of direction per frame (radians)."""

Array = NDArray[np.float64]


@dataclass
class Culture:
    """Discs in a square field: `places` ``(N, 2)`` in px, directions of motion in `angles` ``(N,)``.

    Parameters
    ----------
    rng
        Source of all randomness.
    size_px
        Edge length of the field.
    n_cells
        Cells at the start, at random places.
    step_px
        Speed, px per frame.
    divisions_per_frame
        Probability that a cell divides between two frames.
    """

    rng: np.random.Generator
    size_px: int
    n_cells: int
    step_px: float
    divisions_per_frame: float
    places: Array = field(init=False)
    angles: Array = field(init=False)
    n_divisions: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.places = self.rng.uniform(30, self.size_px - 30, (self.n_cells, 2))
        self.angles = self.rng.uniform(0, 2 * np.pi, self.n_cells)
        self._keep_apart()

    def step(self) -> None:
        """Move all cells by one frame; some divide."""
        self.angles += self.rng.normal(0, _TURN, len(self.angles))
        self.places += self.step_px * _unit(self.angles)
        divides = self.rng.random(len(self.places)) < self.divisions_per_frame
        turn = self.rng.uniform(0, 2 * np.pi, int(divides.sum()))
        apart = (RADIUS_PX + GAP_PX / 2) * _unit(turn)
        mothers = self.places[divides]
        self.places = np.concatenate([self.places[~divides], mothers - apart, mothers + apart])
        self.angles = np.concatenate([self.angles[~divides], turn + np.pi, turn])
        self.n_divisions += len(turn)
        self._keep_apart()

    def mask(self) -> NDArray[np.bool_]:
        """Return which pixels are in cells, ``(Y, X)``."""
        return discs(self.places, (self.size_px, self.size_px))

    def _keep_apart(self) -> None:
        least = 2 * RADIUS_PX + GAP_PX
        for _ in range(60):
            apart = self.places[:, None] - self.places
            distance = np.hypot(*np.moveaxis(apart, -1, 0)) + np.eye(len(self.places)) * 1e9
            push = np.maximum(least - distance, 0)[..., None] * apart / np.maximum(distance, 1e-6)[..., None]
            self.places += 0.4 * push.sum(axis=1)
            self.places = np.clip(self.places, _MARGIN_PX, self.size_px - _MARGIN_PX)


def discs(places: Array, shape: tuple[int, int], radius_px: float = RADIUS_PX) -> NDArray[np.bool_]:
    """Return the mask ``(Y, X)`` of discs at `places` ``(N, 2)``."""
    mask = np.zeros(shape, bool)
    rows, columns = np.ogrid[: shape[0], : shape[1]]
    for y, x in places:
        mask |= (rows - y) ** 2 + (columns - x) ** 2 <= radius_px**2
    return mask


def _unit(angles: Array) -> Array:
    return np.column_stack([np.sin(angles), np.cos(angles)])
