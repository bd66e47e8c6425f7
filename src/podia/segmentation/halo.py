"""Halo correction: outlines are moved inwards, off the bright halo around cells in phase contrast.

Second step of PHANTAST (Jaccard et al. 2014). Starting at each pixel of an outline, paths climb the brightness one
pixel at a time, each branching into three directions around the steepest ascent, and remove the foreground behind them.
On the outer slope of the halo they go inwards. Behind its crest the ascent points back to where the foreground has
already been removed, and they stop.

All paths advance together: one step costs a few array operations, not a loop over pixels.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.calibration import Calibration
from podia.data.movie import Image
from podia.labels.foreground import EIGHT_NEIGHBOURS, Mask, smooth_by_majority
from podia.segmentation.config import HaloConfig

_NEIGHBOURS = ((0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1))
"""Steps ``(y, x)`` to the eight neighbours, counter-clockwise from the right."""
_CONE = np.array([-1, 0, 1])
_NO_ASCENT = -1
_SMOOTHING_ROUNDS = 20
"""As in the published program."""


def correct_halo(
    image: Image, mask: Mask, config: HaloConfig, calibration: Calibration | None = None
) -> Mask:
    """Return `mask` without the halo of `image`, both ``(Y, X)``; outlines are smoothed by majority.

    Objects that touch the edge of the frame keep their pixels there.
    """
    depth = max(1, round(config.max_depth.in_px(calibration)))
    shrunk = _walk_uphill(mask, steepest_rise(image), depth, config.max_removed_fraction)
    return smooth_by_majority(shrunk, _SMOOTHING_ROUNDS)


def steepest_rise(image: Image) -> NDArray[np.int8]:
    """Return the direction of the strongest of Kirsch's eight operators, 0 to 7 from the right, ``(Y, X)``.

    -1 where all eight neighbours are equal, as in saturated halos: there is no ascent.

    Kirsch, Computers and Biomedical Research 4 (1971). An operator is 5 on three neighbours in a row and -3 on the
    other five; it is largest where those three are brightest, so their sum alone decides. Ties go to the first.
    """
    padded = np.pad(image.astype(np.float32), 1, mode="edge")
    n_rows, n_columns = image.shape
    ring = [padded[1 + dy : 1 + dy + n_rows, 1 + dx : 1 + dx + n_columns] for dy, dx in _NEIGHBOURS]
    strongest = ring[7] + ring[0] + ring[1]
    weakest = strongest.copy()
    direction = np.zeros(image.shape, dtype=np.int8)
    for k in range(1, 8):
        response = ring[k - 1] + ring[k] + ring[(k + 1) % 8]
        direction[response > strongest] = k
        np.maximum(strongest, response, out=strongest)
        np.minimum(weakest, response, out=weakest)
    direction[strongest == weakest] = _NO_ASCENT
    return direction


def _walk_uphill(mask: Mask, direction: NDArray[np.int8], depth: int, max_removed_fraction: float) -> Mask:
    """Return `mask` after `depth` steps of all paths."""
    # Indices are flat, into frames padded by one pixel.
    labels, n_objects = ndi.label(mask, EIGHT_NEIGHBOURS)
    owner = np.pad(labels, 1).ravel()
    left = np.bincount(owner, minlength=n_objects + 1)
    enough = (1.0 - max_removed_fraction) * left
    foreground = np.pad(mask, 1).ravel()
    row = mask.shape[1] + 2
    step = np.array([dy * row + dx for dy, dx in _NEIGHBOURS])
    rise = np.pad(direction, 1).ravel()
    # Pixels at the edge of the frame lack neighbours and are kept, as are pixels without an ascent.
    at_edge = np.ones_like(mask)
    at_edge[1:-1, 1:-1] = False
    walked = np.pad(at_edge | (direction == _NO_ASCENT), 1).ravel()
    inside = ndi.binary_erosion(mask, EIGHT_NEIGHBOURS, border_value=1)
    walkers = np.flatnonzero(np.pad(mask & ~inside, 1))
    for _ in range(depth):
        here = walkers[~walked[walkers] & (left[owner[walkers]] >= enough[owner[walkers]])]
        if here.size == 0:
            break
        walked[here] = True
        there = here[:, None] + step[(rise[here][:, None].astype(np.intp) + _CONE) % 8]
        open_to = foreground[there]
        gone = here[open_to.any(axis=1)]
        walkers = np.unique(there[open_to])
        foreground[gone] = False
        left -= np.bincount(owner[gone], minlength=n_objects + 1)
    return foreground.reshape(-1, row)[1:-1, 1:-1]
