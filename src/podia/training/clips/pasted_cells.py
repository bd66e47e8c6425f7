"""Copy-paste augmentation: cells pasted next to and onto others, to train on cell contacts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.networks.grey_scaling import GREY_LIMIT
from podia.simulation.microscopy.pasting import (
    CutOut,
    changed,
    cut_out,
    draw_place,
    in_one_piece,
    lay_onto,
    rounded_cell,
)
from podia.training.clips.config import AugmentationConfig
from podia.training.data.annotated import UNLABELLED

_MIN_AREA_PX = 60
"""Minimum visible share of a cell below a pasted one; cells with less become unlabelled."""
_ROUNDED_WIDTHS = (0.35, 0.9)
"""Widths of rounded cells, relative to the cells of the clip."""


def paste_cells(
    images: NDArray[np.float32],
    labels: NDArray[np.int32],
    tips: NDArray[np.int8],
    rng: np.random.Generator,
    config: AugmentationConfig,
) -> None:
    """Paste a few cells onto a clip, in place; each moves with its own velocity.

    A pasted cell is either a rotated and rescaled copy of a cell of the clip that touches no other, or drawn like a
    rounded cell in phase contrast. Pasted cells are complete; cells below keep their visible part. In frames without
    labels, only grey values are changed.

    Parameters
    ----------
    images, labels, tips
        ``(T, Y, X)``; grey values about -1 to 1, labels and tips -1 where unknown.
    """
    known = [frame for frame in range(len(labels)) if (labels[frame] >= 0).any()]
    if not known or not (labels[known[0]] > 0).any():
        return
    anchor = known[0]
    for cell in _draw_cells(images[anchor], labels[anchor], rng, config):
        onto = rng.random() < 0.75
        place = draw_place(labels[anchor], cell, rng, onto=onto)
        velocity = rng.normal(0, config.pasted_speed_px, 2)
        see_through = float(rng.uniform(0, 0.5))
        for frame in range(len(images)):
            at = place + velocity * (frame - anchor)
            labelled = frame in known
            map_of_labels = labels[frame] if labelled else np.zeros_like(labels[frame])
            highest = int(map_of_labels.max())
            lay_onto(images[frame], map_of_labels, cell, at, see_through=see_through)
            if labelled:
                tips[frame][map_of_labels > highest] = UNLABELLED
    images.clip(-GREY_LIMIT, GREY_LIMIT, out=images)
    for frame in known:
        labels[frame] = in_one_piece(labels[frame], min_area_px=_MIN_AREA_PX)


def _draw_cells(
    image: NDArray[np.float32],
    labels: NDArray[np.int32],
    rng: np.random.Generator,
    config: AugmentationConfig,
) -> list[CutOut]:
    own = cut_out(image, labels)
    inside = labels > 0
    contrast = float(image.std())
    areas = np.bincount(labels[inside])
    width = float(np.sqrt(np.median(areas[areas > 0]) * 4 / np.pi))
    cells = []
    for _ in range(int(rng.integers(1, config.most_pasted + 1))):
        if own and rng.random() >= config.pasted_rounded:
            cells.append(changed(own[rng.integers(len(own))], rng))
        elif config.pasted_rounded:
            cells.append(rounded_cell(width * rng.uniform(*_ROUNDED_WIDTHS), contrast, rng))
    return cells
