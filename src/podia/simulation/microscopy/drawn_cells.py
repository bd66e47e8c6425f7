"""Random cell masks: spread, spindle-shaped, round, in clusters and sheets, of any size."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.draw import polygon

from podia.data.movie import LabelImage
from podia.simulation.microscopy.thickness import smooth_noise

Layout = Literal["spread", "spindle", "round", "sheet", "colonies", "mixed"]
"""Kinds of population."""
LAYOUTS: tuple[Layout, ...] = get_args(Layout)

_POINTS = 72
_ATTEMPTS = 4


def draw_cells(
    shape: tuple[int, int], layout: Layout, diameter_px: float, rng: np.random.Generator
) -> LabelImage:
    """Return labels ``(Y, X)`` of cells whose median width (that of a disc of the same area) is about `diameter_px`."""
    if layout == "sheet":
        return _sheet(shape, diameter_px, rng, everywhere=rng.random() < 0.4)
    if layout == "colonies":
        return _sheet(shape, diameter_px, rng, everywhere=False)
    room = shape[0] * shape[1] / (np.pi / 4 * diameter_px**2)
    n_cells = max(1, round(room * float(np.exp(rng.uniform(np.log(0.03), np.log(0.9))))))
    return _scattered(shape, layout, diameter_px, n_cells, rng)


def outline_of(
    kind: Literal["spread", "spindle", "round"], diameter_px: float, rng: np.random.Generator
) -> NDArray[np.float64]:
    """Return the outline of a cell around the origin, ``(N, 2)`` as (y, x) in px."""
    if kind == "spindle":
        outline = _spindle(rng)
    else:
        outline = _rounded(rng, roughness=0.03 if kind == "round" else rng.uniform(0.08, 0.3))
        if kind == "spread":
            outline = _with_arms(outline, rng)
    y, x = outline.T
    area = 0.5 * abs(np.dot(y, np.roll(x, 1)) - np.dot(x, np.roll(y, 1)))
    angle = rng.uniform(0, 2 * np.pi)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(outline @ turn * diameter_px / np.sqrt(4 * area / np.pi))


def _scattered(
    shape: tuple[int, int], layout: Layout, diameter_px: float, n_cells: int, rng: np.random.Generator
) -> LabelImage:
    labels = np.zeros(shape, np.int32)
    clustering, spread = rng.random() < 0.4, rng.uniform(0.1, 0.4)
    hubs = rng.uniform(0, 1, size=(max(1, n_cells // 6), 2)) * shape
    for label in range(1, n_cells + 1):
        kind = (
            layout if layout in ("spread", "spindle", "round") else rng.choice(["spread", "spindle", "round"])
        )
        outline = outline_of(kind, diameter_px * float(rng.lognormal(0, spread)), rng)
        for _ in range(_ATTEMPTS):
            if clustering and rng.random() < 0.8:
                centre = hubs[rng.integers(len(hubs))] + rng.normal(0, 1.6 * diameter_px, 2)
            else:
                centre = rng.uniform(0, 1, 2) * shape
            rows, columns = polygon(*(outline + centre).T, shape)
            taken = labels[rows, columns] > 0
            if len(rows) and taken.mean() < 0.12:
                labels[rows[~taken], columns[~taken]] = label
                break
    return labels


def _sheet(
    shape: tuple[int, int], diameter_px: float, rng: np.random.Generator, *, everywhere: bool
) -> LabelImage:
    """Return a confluent sheet: Voronoi cells of random centres, with curved borders."""
    margin = round(diameter_px)
    wide = (shape[0] + 2 * margin, shape[1] + 2 * margin)
    n = max(2, round(wide[0] * wide[1] / (np.pi / 4 * diameter_px**2)))
    seeds = np.zeros(wide, np.int32)
    # The best of a few positions for each centre, so that cells have similar sizes.
    places = rng.uniform(0, 1, size=(n, 2)) * wide
    for _ in range(2):
        distance = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1)) + np.eye(n) * 1e9
        crowded = distance.min(axis=1) < rng.uniform(0.4, 0.75) * diameter_px
        places[crowded] = rng.uniform(0, 1, size=(int(crowded.sum()), 2)) * wide
    index = places.astype(int)
    seeds[index[:, 0], index[:, 1]] = np.arange(1, n + 1)
    nearest = ndi.distance_transform_edt(
        seeds == 0, sampling=(1.0, rng.uniform(0.5, 1.0)), return_distances=False, return_indices=True
    )
    labels = seeds[tuple(nearest)]
    bend = rng.uniform(0.03, 0.13) * diameter_px
    rows, columns = np.mgrid[: wide[0], : wide[1]].astype(np.float32)
    for scale in (0.45, 0.12):
        rows = rows + bend * scale / 0.45 * smooth_noise(wide, scale * diameter_px, rng)
        columns = columns + bend * scale / 0.45 * smooth_noise(wide, scale * diameter_px, rng)
    labels = np.asarray(ndi.map_coordinates(labels, [rows, columns], order=0, mode="nearest"), np.int32)
    labels = labels[margin : margin + shape[0], margin : margin + shape[1]].copy()
    if not everywhere:
        where = smooth_noise(shape, diameter_px * rng.uniform(1.0, 2.5), rng)
        where += rng.uniform(0.05, 0.3) * smooth_noise(shape, 0.15 * diameter_px, rng)
        labels[where < rng.uniform(-0.7, 1.0)] = 0
        rough = rng.random(n + 1) < rng.uniform(0, 0.25)
        labels[rough[labels]] = 0
    gap = rng.choice([0, 0, 0, 1, 2])
    if gap:
        differs = ndi.maximum_filter(labels, 2 * gap + 1) != ndi.minimum_filter(labels, 2 * gap + 1)
        labels[differs] = 0
    return labels


def _rounded(rng: np.random.Generator, roughness: float) -> NDArray[np.float64]:
    angle = np.linspace(0, 2 * np.pi, _POINTS, endpoint=False)
    radius = np.ones(_POINTS)
    for mode in range(2, 9):
        radius += roughness / mode**0.8 * rng.normal() * np.cos(mode * angle + rng.uniform(0, 2 * np.pi))
    stretch = np.exp(rng.uniform(0, min(0.7, 3 * roughness)))
    radius = np.clip(radius, 0.25, None)
    return np.stack([radius * np.sin(angle) * stretch, radius * np.cos(angle) / stretch], axis=1)


def _with_arms(outline: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Return the outline with points extended to arms."""
    angle = np.arctan2(outline[:, 0], outline[:, 1])
    reach = np.ones(len(outline))
    for _ in range(int(rng.integers(0, 6))):
        away = np.angle(np.exp(1j * (angle - rng.uniform(0, 2 * np.pi))))
        reach += rng.uniform(0.2, 2.2) * np.exp(-(np.abs(away / rng.uniform(0.08, 0.4)) ** 1.5))
    return outline * reach[:, None]


def _spindle(rng: np.random.Generator) -> NDArray[np.float64]:
    """Return a curved outline that tapers at both ends."""
    along = np.linspace(-1, 1, _POINTS // 2)
    belly = np.exp(-((along - rng.uniform(-0.3, 0.3)) ** 2) / (2 * rng.uniform(0.18, 0.5) ** 2))
    half = rng.uniform(0.06, 0.3) * (belly + rng.uniform(0, 0.3)) * (1 - along**4)
    middle = rng.normal(0, 0.25) * along**2 + rng.normal(0, 0.12) * np.sin(3 * along)
    forth = np.stack([middle + half, along], axis=1)
    back = np.stack([middle - half, along], axis=1)[::-1]
    return np.concatenate([forth, back])
