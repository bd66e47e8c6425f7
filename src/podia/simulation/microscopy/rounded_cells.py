"""Rounded and dividing cells on and next to spread ones."""

from __future__ import annotations

import numpy as np

from podia.data.movie import LabelImage
from podia.simulation.microscopy.microscopes import Phase


def lay_rounded_cells(
    labels: LabelImage, phase: Phase, n_cells: int, diameter_px: float, rng: np.random.Generator
) -> None:
    """Add round cells of about `diameter_px` to labels and phase ``(Y, X)``, in place.

    Half of them have their centre on or beside another cell. A third are pairs of daughters, each a cell. Their phase,
    that of a sphere, is added to the phase below; their labels replace the labels below.
    """
    for _ in range(n_cells):
        rows, columns = np.nonzero(labels > 0)
        centre = rng.uniform(0, 1, 2) * labels.shape
        if len(rows) and rng.random() < 0.6:
            at = int(rng.integers(len(rows)))
            centre = np.array([rows[at], columns[at]]) + rng.normal(0, 0.5 * diameter_px, 2)
        radius = 0.5 * diameter_px * float(rng.lognormal(0, 0.15))
        height = float(rng.uniform(1.5, 7))
        if rng.random() < 0.33:
            angle, radius = rng.uniform(0, np.pi), 0.75 * radius
            away = np.array([np.sin(angle), np.cos(angle)]) * radius * rng.uniform(0.85, 1.05)
            _lay(labels, phase, centre + away, radius, height, rng)
            _lay(labels, phase, centre - away, radius, height, rng)
        else:
            _lay(labels, phase, centre, radius, height, rng)


def _lay(
    labels: LabelImage,
    phase: Phase,
    centre: np.ndarray[tuple[int], np.dtype[np.float64]],
    radius: float,
    height: float,
    rng: np.random.Generator,
) -> None:
    top, left = (int(max(0, c - 1.5 * radius)) for c in centre)
    box = (
        slice(top, int(max(0, centre[0] + 1.5 * radius)) + 1),
        slice(left, int(max(0, centre[1] + 1.5 * radius)) + 1),
    )
    rows, columns = np.ogrid[top : top + labels[box].shape[0], left : left + labels[box].shape[1]]
    dy, dx = rows - centre[0], columns - centre[1]
    angle, stretch = rng.uniform(0, np.pi), rng.uniform(1, 1.2)
    u, v = np.cos(angle) * dy + np.sin(angle) * dx, np.cos(angle) * dx - np.sin(angle) * dy
    squared = ((u / stretch) ** 2 + (v * stretch) ** 2) / radius**2
    ball = np.sqrt(np.clip(1 - squared, 0, None))
    phase[box] += (height * ball).astype(np.float32)
    labels[box][squared < 1] = int(labels.max()) + 1
