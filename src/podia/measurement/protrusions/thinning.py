"""Thinning of masks to their skeletons, all cells of a frame at once."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from podia.measurement.protrusions.body import Mask

# Clockwise from the top; bit k of a pixel's code is whether its neighbour k is set.
_NEIGHBOURS = ((-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1), (-1, -1))
_ABOVE, _RIGHT, _BELOW, _LEFT = 0, 2, 4, 6


def thin(masks: list[Mask]) -> list[Mask]:
    """Return the skeleton of each mask, one pixel wide and 8-connected like the mask.

    A piece without arms may end as a square of two by two pixels and then vanishes: it has no skeleton.

    Parallel thinning by Lü & Wang (Communications of the ACM 1986), the algorithm of Zhang & Suen with one
    bound changed: the original removes diagonal lines of two pixels width, so that a thin arm at 45 degrees loses up to
    30 px. Only the neighbours of removed pixels are examined again.

    Parameters
    ----------
    masks
        Masks of single cells, each with one pixel of background around it.
    """
    canvas, places = _lay_out(masks)
    pixels = canvas.reshape(-1)
    offsets = np.array([dy * canvas.shape[1] + dx for dy, dx in _NEIGHBOURS])
    rim = np.flatnonzero(canvas)
    rim = rim[_codes(pixels, rim, offsets) < 255]
    on_rim = np.zeros(len(pixels), dtype=np.bool_)
    on_rim[rim] = True
    signed = np.zeros(len(pixels), dtype=np.int32)
    unchanged = 0
    step = 0
    while unchanged < 2:
        removed = _REMOVABLE[step][_codes(pixels, rim, offsets)]
        gone, rim = rim[removed], rim[~removed]
        pixels[gone] = 0
        laid_bare = (gone[:, None] + offsets).ravel()
        laid_bare = laid_bare[(pixels[laid_bare] > 0) & ~on_rim[laid_bare]]
        # Keep each pixel once, without sorting, which would be slower.
        turn = np.arange(len(laid_bare), dtype=np.int32)
        signed[laid_bare] = turn
        laid_bare = laid_bare[signed[laid_bare] == turn]
        on_rim[laid_bare] = True
        rim = np.concatenate([rim, laid_bare])
        unchanged = 0 if len(gone) else unchanged + 1
        step = 1 - step
    return [canvas[place].astype(np.bool_) for place in places]


def _lay_out(masks: list[Mask]) -> tuple[NDArray[np.uint8], list[tuple[slice, slice]]]:
    """Pack the masks side by side on a canvas little larger than all of them; return it and their positions.

    They fill shelves from left to right, the tallest first, so that masks on a shelf have similar height.
    """
    area = sum(mask.size for mask in masks)
    width = max([math.isqrt(area), *(mask.shape[1] for mask in masks)])
    places: dict[int, tuple[slice, slice]] = {}
    top = bottom = left = 0
    for index in sorted(range(len(masks)), key=lambda index: -masks[index].shape[0]):
        rows, cols = masks[index].shape
        if left + cols > width:
            top, left = bottom, 0
        bottom = max(bottom, top + rows)
        places[index] = slice(top, top + rows), slice(left, left + cols)
        left += cols
    canvas = np.zeros((bottom, width), dtype=np.uint8)
    for index, mask in enumerate(masks):
        canvas[places[index]] = mask
    return canvas, [places[index] for index in range(len(masks))]


def _codes(
    pixels: NDArray[np.uint8], where: NDArray[np.intp], offsets: NDArray[np.int64]
) -> NDArray[np.uint8]:
    codes = np.zeros(len(where), dtype=np.uint8)
    for bit, offset in enumerate(offsets):
        codes |= pixels[where + offset] << np.uint8(bit)
    return codes


def _removable_codes() -> NDArray[np.bool_]:
    """Return the neighbourhoods in which a pixel is removed, for both steps of an iteration, ``(2, 256)``."""
    neighbours = (np.arange(256)[:, None] >> np.arange(8)) & 1
    count = neighbours.sum(axis=1)
    rises = ((neighbours == 0) & (np.roll(neighbours, -1, axis=1) == 1)).sum(axis=1)
    # Zhang & Suen remove a pixel with two neighbours.
    simple = (count >= 3) & (count <= 6) & (rises == 1)
    above, right, below, left = (neighbours[:, k] == 1 for k in (_ABOVE, _RIGHT, _BELOW, _LEFT))
    first = simple & ~(above & right & below) & ~(right & below & left)
    second = simple & ~(above & right & left) & ~(above & below & left)
    return np.stack([first, second])


_REMOVABLE = _removable_codes()
