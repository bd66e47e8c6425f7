"""Optical thickness of cells from their masks: lamella, body, nucleus, organelles, outline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import LabelImage
from podia.labels.distances import depth_inside
from podia.simulation.microscopy.microscopes import Phase


@dataclass(frozen=True)
class ThicknessStyle:
    """Shape of the cells of an image in depth; lengths in px, heights in rad of phase.

    Parameters
    ----------
    lamella
        Height of the flat part, which begins within `lamella_px` of the outline.
    body, body_power
        Height of the body above it, and exponent of its profile: below 1 flat-topped, above 1 peaked.
    nucleus
        Height of a nucleus, with one to three nucleoli; 0 for none.
    granules, granule_px
        Height of organelles and vesicles, and their size.
    ruffles
        Height of a wavy rim along the outline.
    hollow
        Depression in the middle, as in red blood cells.
    grain
        Relative variation of the thickness over a few px.
    """

    lamella: float = 0.4
    lamella_px: float = 3.0
    body: float = 1.0
    body_power: float = 1.0
    nucleus: float = 0.4
    granules: float = 0.3
    granule_px: float = 1.2
    ruffles: float = 0.2
    hollow: float = 0.0
    grain: float = 0.15


def draw_style(rng: np.random.Generator) -> ThicknessStyle:
    """Return a style drawn at random: spread, flat and granular, smooth domes, or hollow discs."""
    kind = rng.choice(["spread", "granular", "dome", "hollow"], p=[0.4, 0.3, 0.22, 0.08])
    if kind == "spread":
        # A third have a thick, bright middle in a dark lamella.
        body, power = (
            (rng.uniform(2.5, 6), rng.uniform(1.8, 4))
            if rng.random() < 0.33
            else (rng.uniform(0.3, 2), rng.uniform(0.8, 2.5))
        )
        return ThicknessStyle(
            lamella=rng.uniform(0.1, 0.6),
            lamella_px=rng.uniform(1, 4),
            body=body,
            body_power=power,
            nucleus=rng.uniform(0, 0.8),
            granules=rng.uniform(0, 0.5),
            granule_px=rng.uniform(0.7, 1.8),
            ruffles=rng.uniform(0, 0.7),
            grain=rng.uniform(0.05, 0.3),
        )
    if kind == "granular":
        return ThicknessStyle(
            lamella=rng.uniform(0.15, 0.5),
            lamella_px=rng.uniform(0.8, 3),
            body=rng.uniform(0.0, 0.5),
            body_power=rng.uniform(0.4, 1.2),
            nucleus=rng.uniform(-0.3, 0.4),
            granules=rng.uniform(0.2, 1.3),
            granule_px=rng.uniform(0.6, 1.6),
            ruffles=rng.uniform(0, 0.5),
            grain=rng.uniform(0.1, 0.5),
        )
    if kind == "dome":
        return ThicknessStyle(
            lamella=0.0,
            body=rng.uniform(1, 5),
            body_power=rng.uniform(0.4, 0.8),
            nucleus=rng.uniform(0, 0.5),
            granules=rng.uniform(0, 0.3),
            ruffles=0.0,
            grain=rng.uniform(0, 0.15),
        )
    return ThicknessStyle(
        lamella=rng.uniform(0.3, 1.2),
        lamella_px=rng.uniform(1, 3),
        body=rng.uniform(0, 0.2),
        nucleus=0.0,
        granules=0.0,
        ruffles=rng.uniform(0.1, 0.6),
        hollow=rng.uniform(0, 0.8),
        grain=rng.uniform(0, 0.08),
    )


def thickness_of(labels: LabelImage, style: ThicknessStyle, rng: np.random.Generator) -> Phase:
    """Return the phase in rad of cells, ``(Y, X)``; 0 in the background. Each cell varies around the style. The body
    has the relative height ``1 - (1 - d)**2`` for the relative depth ``d``, to a power; everything else is added to it.
    """
    cells = labels > 0
    n = int(labels.max(initial=0)) + 1
    own = rng.lognormal(0, 0.25, size=(6, n)).astype(np.float32)
    which = np.where(cells, labels, 0)
    depth = depth_inside(labels, relative=False)
    deepest = np.asarray(ndi.maximum(depth, which, np.arange(n)), np.float32)
    relative = depth / np.maximum(deepest, 1)[which]
    cushion = np.clip(1 - (1 - relative) ** 2, 0, 1)
    height = style.lamella * own[0][which] * (1 - np.exp(-depth / np.float32(style.lamella_px)))
    height += style.body * own[1][which] * cushion ** np.float32(style.body_power)
    if style.hollow:
        height *= 1 - style.hollow * np.clip(own[2][which], 0, 1.3) * relative**2
    height += own[3][which] * _nuclei(labels, deepest, style.nucleus, rng)
    if style.ruffles:
        wave = np.clip(0.5 + smooth_noise(labels.shape, 3.0, rng), 0, 2)
        height += style.ruffles * own[4][which] * wave * np.exp(-(((depth - 2) / 1.5) ** 2))
    if style.granules:
        specks = np.clip(np.abs(smooth_noise(labels.shape, style.granule_px, rng)) - 1.2, 0, 2)
        sign = np.where(
            smooth_noise(labels.shape, 4 * style.granule_px, rng) > rng.uniform(-1.5, 1.5), 1, -0.7
        )
        height += style.granules * own[5][which] * specks * sign * np.clip(relative * 1.5, 0, 1)
    height *= 1 + style.grain * smooth_noise(labels.shape, rng.uniform(1.2, 4), rng)
    return np.asarray(np.clip(ndi.gaussian_filter(height * cells, 0.7), 0, None), dtype=np.float32)


def smooth_noise(shape: tuple[int, ...], sigma_px: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """Return a smooth random field ``(Y, X)`` of mean 0 and variance 1; coarse ones are drawn small and upsampled."""
    step = max(1, int(sigma_px / 3))
    small = rng.standard_normal([n // step + 4 for n in shape], dtype=np.float32)
    small = ndi.gaussian_filter(small, sigma_px / step, mode="wrap")
    small = (small - small.mean()) / (small.std() + 1e-6)
    if step == 1:
        return np.asarray(small[: shape[0], : shape[1]])
    return np.asarray(ndi.zoom(small, step, order=1)[: shape[0], : shape[1]])


def _nuclei(
    labels: LabelImage, deepest: NDArray[np.float32], height: float, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Return a low ellipse with nucleoli near the middle of each cell."""
    nuclei = np.zeros(labels.shape, np.float32)
    if height == 0:
        return nuclei
    for label, box in enumerate(ndi.find_objects(np.maximum(labels, 0)), start=1):
        if box is None or deepest[label] < 4:
            continue
        inside = labels[box] == label
        y, x = ndi.center_of_mass(inside)
        rows, columns = np.ogrid[: inside.shape[0], : inside.shape[1]]
        radius = deepest[label] * rng.uniform(0.4, 0.75)
        angle, stretch = rng.uniform(0, np.pi), rng.uniform(1, 1.5)
        dy, dx = rows - y - rng.normal(0, 0.1) * radius, columns - x - rng.normal(0, 0.1) * radius
        u, v = np.cos(angle) * dy + np.sin(angle) * dx, np.cos(angle) * dx - np.sin(angle) * dy
        r = np.hypot(u / stretch, v) / radius
        own = height / (1 + np.exp((r - 1) * radius / 1.2))
        for _ in range(int(rng.integers(1, 4))):
            place = rng.normal(0, 0.4, 2) * radius
            squared = (u - place[0]) ** 2 + (v - place[1]) ** 2
            own = own + 0.8 * abs(height) * np.exp(-squared / (2 * max(1.0, 0.14 * radius) ** 2))
        nuclei[box] += np.where(inside, own, 0)
    return nuclei
