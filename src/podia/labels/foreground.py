"""Cleaning of binary foregrounds: small patches, holes, gaps and ragged outlines."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

Mask = NDArray[np.bool_]
"""Foreground of one frame, ``(Y, X)``."""

EIGHT_NEIGHBOURS = np.ones((3, 3), dtype=bool)


def remove_small_objects(mask: Mask, min_area_px: float) -> Mask:
    """Return `mask` without its 8-connected patches of fewer than `min_area_px` pixels."""
    if min_area_px <= 1:
        return mask
    labels, _ = ndi.label(mask, EIGHT_NEIGHBOURS)
    keep = np.bincount(labels.ravel()) >= min_area_px
    keep[0] = False
    return np.asarray(keep[labels])


def fill_holes(mask: Mask, max_area_px: float | None) -> Mask:
    """Return `mask` with background patches of up to `max_area_px` pixels filled; None fills all holes.

    A hole is a 4-connected patch of background that does not reach the edge of the frame.
    """
    labels, n = ndi.label(~mask)
    fill = np.ones(n + 1, dtype=bool)
    if max_area_px is not None:
        fill = np.bincount(labels.ravel(), minlength=n + 1) <= max_area_px
    for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
        fill[edge] = False
    fill[0] = False
    return np.asarray(mask | fill[labels])


def close_gaps(mask: Mask, radius_px: float) -> Mask:
    """Return the closing of `mask` with a disc of `radius_px`, with edge pixels repeated outside the frame.

    Distances make this as fast for large discs as for small ones.
    """
    # Lengths divided by the pixel size give 2.9999999: the disc of radius 3 would lose four pixels.
    radius_px = round(radius_px, 6)
    if radius_px < 1 or not mask.any():
        return mask
    margin = int(np.ceil(radius_px)) + 1
    padded = np.pad(mask, margin, mode="edge")
    dilated = ndi.distance_transform_edt(~padded) <= radius_px
    if dilated.all():
        return np.ones_like(mask)
    closed = ndi.distance_transform_edt(np.pad(dilated, margin, mode="edge")) > radius_px
    inner = slice(2 * margin, -2 * margin)
    return np.asarray(mask | closed[inner, inner])


def smooth_by_majority(mask: Mask, max_rounds: int) -> Mask:
    """Return `mask` after replacing each pixel by the majority of its 3 x 3 block, until nothing changes."""
    for _ in range(max_rounds):
        padded = np.pad(mask.view(np.uint8), 1)
        rows = padded[:-2] + padded[1:-1] + padded[2:]
        votes = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
        smoothed = votes >= 5
        if np.array_equal(smoothed, mask):
            break
        mask = smoothed
    return mask
