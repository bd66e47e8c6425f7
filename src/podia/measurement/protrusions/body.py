"""Cell body: the largest inscribed circle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.draw import line

Mask = NDArray[np.bool_]
"""Mask of one cell, ``(Y, X)``, with at least one pixel of background around it."""

Point = tuple[float, float]
"""A position ``(y, x)`` in pixels; integers are pixel centres."""


@dataclass(frozen=True)
class Body:
    """Largest inscribed circle of a cell, in pixels of its mask (Gómez-de-Mariscal et al. 2021, section 4)."""

    centre: Point
    radius: float


def distance_to_outline(mask: Mask) -> NDArray[np.float64]:
    """Return the Euclidean distance transform: distance to the nearest pixel outside the cell.

    Other cells and everything beyond the edge of the frame are outside the cell: a circle lies within the visible part
    of the cell.
    """
    return np.asarray(ndimage.distance_transform_edt(mask), dtype=np.float64)


def find_body(distance: NDArray[np.float64]) -> Body:
    """Return the circle around the maximum of the distance transform.

    Gómez-de-Mariscal et al. 2021 take the first maximum in reading order. Where several pixels tie (a straight cell,
    an even width), that choice would jump when the image is rotated, so ties are resolved by position: of the groups
    of tied pixels, the one nearest to the cell's centroid, and in it the middle.
    """
    radius = distance.max()
    tied = np.argwhere(distance >= radius - 1e-9)
    if len(tied) > 1:
        tied = _group_nearest_centroid(tied, distance)
    middle = tied.mean(axis=0)
    # The middle of a bent group may lie off the ridge.
    nearest = tied[((tied - middle) ** 2).sum(axis=1).argmin()]
    y, x = middle if np.abs(nearest - middle).max() <= 0.5 else nearest
    return Body((float(y), float(x)), float(radius))


def _group_nearest_centroid(tied: NDArray[np.int64], distance: NDArray[np.float64]) -> NDArray[np.int64]:
    centroid = np.argwhere(distance > 0).mean(axis=0)
    groups, _ = ndimage.label(distance >= distance.max() - 1e-9, structure=np.ones((3, 3)))
    nearest = tied[((tied - centroid) ** 2).sum(axis=1).argmin()]
    own = groups[tuple(nearest)]
    group: NDArray[np.int64] = tied[groups[tuple(tied.T)] == own]
    return group


def join_pieces(mask: Mask, distance: NDArray[np.float64], min_share: float) -> Mask:
    """Connect the pieces of a cell by lines 2 px wide between their centres.

    Each piece is joined to the nearest one that is already connected to the largest (Gómez-de-Mariscal et al. 2021).
    Pieces below `min_share` of the largest one's area are omitted as specks.
    """
    pieces, n_pieces = ndimage.label(mask, structure=np.ones((3, 3)))
    if n_pieces == 1:
        return mask
    sizes = np.bincount(pieces.ravel())[1:]
    kept = np.flatnonzero(sizes >= min_share * sizes.max())
    joined: Mask = np.isin(pieces, kept + 1)
    centres = ndimage.maximum_position(distance, pieces, kept + 1)
    waiting = np.array(centres, dtype=np.int64)
    largest = int(sizes[kept].argmax())
    reached, waiting = waiting[[largest]], np.delete(waiting, largest, axis=0)
    while len(waiting):
        gaps = ((waiting[:, None] - reached[None]) ** 2).sum(axis=2)
        new, old = np.unravel_index(gaps.argmin(), gaps.shape)
        _draw_line(joined, waiting[new], reached[old])
        reached = np.concatenate([reached, waiting[[new]]])
        waiting = np.delete(waiting, new, axis=0)
    return joined


def _draw_line(mask: Mask, start: NDArray[np.int64], stop: NDArray[np.int64]) -> None:
    rows, cols = line(*start, *stop)
    mask[rows, cols] = True
    steep = abs(stop[0] - start[0]) > abs(stop[1] - start[1])
    # The margin of background around the mask remains free.
    mask[np.minimum(rows + (not steep), mask.shape[0] - 2), np.minimum(cols + steep, mask.shape[1] - 2)] = (
        True
    )
