"""A scratch assay: a sheet of cells with a gap, into which both fronts move."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from podia.simulation.experiments.culture import discs

SPACING_PX = 22.0
"""Distance of neighbours in the sheet."""

RADIUS_PX = 10.0


def closing_wound(
    rng: np.random.Generator, size_px: int, n_frames: int, *, width_px: float, front_px_per_frame: float
) -> Iterator[NDArray[np.bool_]]:
    """Yield the mask ``(Y, X)`` of each frame: a vertical gap closes at twice the speed of a front.

    Cells beyond the edge of the field follow, so that the sheet stays whole.
    """
    reach = size_px / 2 + n_frames * front_px_per_frame
    offsets = np.arange(0, reach, SPACING_PX * np.sqrt(3) / 2)
    sides = []
    for side in (-1, 1):
        for column, offset in enumerate(offsets):
            rows = np.arange(-SPACING_PX, size_px + SPACING_PX, SPACING_PX) + SPACING_PX / 2 * (column % 2)
            x = np.full(len(rows), size_px / 2 + side * (width_px / 2 + offset))
            sides.append(np.column_stack([rows, x, np.full(len(rows), side)]))
    cells = np.concatenate(sides)
    cells[:, :2] += rng.normal(0, 0.6, (len(cells), 2))
    for _ in range(n_frames):
        yield discs(cells[:, :2], (size_px, size_px), RADIUS_PX)
        cells[:, 1] -= front_px_per_frame * cells[:, 2]
        cells[:, :2] += rng.normal(0, 0.3, (len(cells), 2))
