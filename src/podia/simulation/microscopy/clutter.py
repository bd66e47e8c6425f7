"""Clutter between cells: dust, debris, scratches, diffraction rings, objects far out of focus.

Each function adds to `image` ``(Y, X)``, whose cells have about unit contrast, in place. Objects that could be mistaken
for a cell are marked in `unsure` ``(Y, X)``, and are ignored in training.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.simulation.microscopy.thickness import smooth_noise

Grey = NDArray[np.float32]


@dataclass(frozen=True)
class Clutter:
    """Probability of each type of clutter in an image, 0 to 1."""

    dust: float = 0.4
    debris: float = 0.3
    rings: float = 0.15
    shadows: float = 0.25
    discs: float = 0.12
    scratches: float = 0.1
    fibres: float = 0.12


def add_clutter(
    image: Grey, unsure: NDArray[np.bool_], clutter: Clutter, diameter_px: float, rng: np.random.Generator
) -> None:
    """Add clutter drawn at random, in place; cells are about `diameter_px` wide."""
    if rng.random() < clutter.fibres:
        image += np.float32(rng.uniform(0.1, 0.5)) * _fibres(image.shape, rng)
    if rng.random() < clutter.shadows:
        for _ in range(int(rng.integers(1, 5))):
            _add_shadow(image, rng.uniform(0.6, 2) * diameter_px, rng)
    if rng.random() < clutter.discs:
        for _ in range(int(rng.integers(1, 4))):
            _add_disc(image, unsure, rng.uniform(0.4, 1.2) * diameter_px, rng)
    if rng.random() < clutter.rings:
        for _ in range(int(rng.integers(1, 4))):
            _add_rings(image, rng.uniform(0.3, 1.0) * diameter_px, rng)
    if rng.random() < clutter.dust:
        for _ in range(int(rng.integers(1, 25))):
            _add_speck(image, rng)
    if rng.random() < clutter.debris:
        for _ in range(int(rng.integers(1, 20))):
            _add_debris(image, min(6.0, 0.12 * diameter_px) * rng.uniform(0.5, 1.2), rng)
    if rng.random() < clutter.scratches:
        for _ in range(int(rng.integers(1, 4))):
            _add_scratch(image, rng)


def _fibres(shape: tuple[int, ...], rng: np.random.Generator) -> Grey:
    """Return ridges of a random field: fine lines in all directions, as on a coated dish."""
    field = smooth_noise(shape, rng.uniform(2, 7), rng)
    return np.asarray(np.exp(-((field / 0.15) ** 2)) - 0.15, dtype=np.float32)


def _add_shadow(image: Grey, size_px: float, rng: np.random.Generator) -> None:
    """Add an object far out of focus, without an edge."""
    box, squared = _around(image, rng, 2.5 * size_px, stretch=rng.uniform(1, 1.6))
    image[box] += _sign(rng) * np.float32(rng.uniform(0.15, 0.7)) * np.exp(-squared / np.float32(size_px**2))


def _add_disc(image: Grey, unsure: NDArray[np.bool_], size_px: float, rng: np.random.Generator) -> None:
    """Add a blurred disc with a rim: a floating cell or debris out of focus."""
    box, squared = _around(image, rng, 1.8 * size_px, stretch=rng.uniform(1, 1.3))
    r = np.sqrt(squared) / np.float32(size_px)
    soft = rng.uniform(0.06, 0.3)
    disc = rng.uniform(-0.5, 1) / (1 + np.exp((r - 0.8) / soft)) + rng.uniform(-1, 1) * np.exp(
        -(((r - 0.85) / soft) ** 2)
    )
    image[box] += _sign(rng) * np.float32(rng.uniform(0.3, 1.5)) * disc.astype(np.float32)
    unsure[box] |= r < 1.15


def _add_rings(image: Grey, size_px: float, rng: np.random.Generator) -> None:
    """Add the diffraction rings of a grain of dust on a lens."""
    box, squared = _around(image, rng, 1.5 * size_px)
    r = np.sqrt(squared) / np.float32(size_px)
    waves = np.cos(rng.uniform(8, 22) * r**2 + rng.uniform(0, 6)) * np.exp(-(r**2) * rng.uniform(1.5, 4))
    image[box] += np.float32(rng.uniform(0.15, 0.9)) * waves.astype(np.float32)


def _add_speck(image: Grey, rng: np.random.Generator) -> None:
    size_px = rng.uniform(0.7, 3.2)
    box, squared = _around(image, rng, 4 * size_px)
    spot = np.exp(-squared / np.float32(size_px**2))
    if rng.random() < 0.4:  # with the bright or dark fringe of phase contrast
        spot = spot - rng.uniform(0.2, 0.8) * np.exp(-((np.sqrt(squared) - 1.8 * size_px) ** 2) / size_px**2)
    image[box] += _sign(rng) * np.float32(rng.uniform(0.5, 4)) * spot.astype(np.float32)


def _add_debris(image: Grey, size_px: float, rng: np.random.Generator) -> None:
    """Add a small particle with sharp edges, much smaller than a cell."""
    size_px = max(size_px, 1.0)
    box, squared = _around(image, rng, 3 * size_px, stretch=rng.uniform(1, 2.5))
    r = np.sqrt(squared) / np.float32(size_px)
    crumb = rng.uniform(-1, 1) * (r < 1) + np.exp(-(((r - 1) * size_px / 1.2) ** 2))
    image[box] += _sign(rng) * np.float32(rng.uniform(0.5, 2.5)) * crumb.astype(np.float32)


def _add_scratch(image: Grey, rng: np.random.Generator) -> None:
    rows, columns = np.ogrid[: image.shape[0], : image.shape[1]]
    angle, width_px = rng.uniform(0, np.pi), np.exp(rng.uniform(np.log(0.7), np.log(7)))
    middle = rng.uniform(0, 1, 2) * image.shape
    along = np.cos(angle) * (columns - middle[1]) + np.sin(angle) * (rows - middle[0])
    away = np.cos(angle) * (rows - middle[0]) - np.sin(angle) * (columns - middle[1])
    away = away + rng.uniform(0, 12) * np.sin(along / rng.uniform(40, 200))
    line = np.exp(-((away / width_px) ** 2)) - rng.uniform(0, 0.8) * np.exp(
        -(((np.abs(away) - 2 * width_px) / width_px) ** 2)
    )
    long = 1 / (1 + np.exp((np.abs(along) - rng.uniform(0.2, 1.5) * max(image.shape)) / 8))
    image += _sign(rng) * np.float32(rng.uniform(0.3, 2)) * (line * long).astype(np.float32)


def _sign(rng: np.random.Generator) -> np.float32:
    return np.float32(rng.choice([-1, 1]))


def _around(
    image: Grey, rng: np.random.Generator, reach_px: float, stretch: float = 1.0
) -> tuple[tuple[slice, slice], Grey]:
    """Return a box around a random position, and the squared elliptic distances of its pixels from it."""
    centre, angle = rng.uniform(0, 1, 2) * image.shape, rng.uniform(0, np.pi)
    box = tuple(
        slice(max(0, int(c - reach_px * stretch)), min(n, int(c + reach_px * stretch) + 2))
        for c, n in zip(centre, image.shape, strict=True)
    )
    rows, columns = np.ogrid[box]
    dy, dx = (rows - centre[0]).astype(np.float32), (columns - centre[1]).astype(np.float32)
    u, v = np.cos(angle) * dy + np.sin(angle) * dx, np.cos(angle) * dx - np.sin(angle) * dy
    return (box[0], box[1]), np.asarray((u / stretch) ** 2 + (v * np.sqrt(stretch)) ** 2, dtype=np.float32)
