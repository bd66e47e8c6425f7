"""Parts of a fused region, propagated from frame to frame.

A part moves with its texture (the shift of highest correlation with the next frame) or, without images, with its
region. Each pixel of the region is then assigned to the part in whose shifted outline it lies deepest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from scipy.optimize import linear_sum_assignment

from podia.labels.cleaning import keep_largest_pieces
from podia.labels.foreground import EIGHT_NEIGHBOURS
from podia.labels.shape_interpolation import signed_distance

Mask = NDArray[np.bool_]
Floats = NDArray[np.float64]

_SEARCH = 0.12
"""Maximum shift, in diameters of the part; at least 2 px."""
_FARTHEST_PX = 8
_LEAVING = 1.0
"""Penalty on the correlation for a part outside the region."""
_LEAST_TEXTURE_PX = 30
_TEXTURE_PX = 1000
"""Maximum number of pixels of a part that are compared."""


@dataclass(frozen=True)
class View:
    """A frame in a window: ``numbers`` of regions (row of the table of cells plus 1; 0 for none) and grey values."""

    numbers: NDArray[np.int32]
    image: NDArray[np.float32] | None


def advance(
    parts: Sequence[Mask], region: Mask, before: View, after: View, drift: tuple[int, int]
) -> list[Mask]:
    """Propagate the `parts` of the frame `before` into `region` of the frame `after`, which they fill.

    A part without pixels gets the pixel of the region that lies deepest in it.
    """
    common = centroid(region) - centroid(np.any(parts, axis=0))
    moved = [_shifted(part, _shift_by_texture(part, region, before, after, drift, common)) for part in parts]
    return share_out([[(mask, 1.0)] for mask in moved], region)


def share_out(outlines: Sequence[Sequence[tuple[Mask, float]]], region: Mask) -> list[Mask]:
    """Divide the pixels of `region` among parts, each in one piece.

    A part has one outline, or several with weights; a pixel is assigned to the part in which it lies deepest.
    """
    box = ndi.find_objects(region.astype(np.uint8))[0]
    inside = region[box]
    depths = np.array(
        [sum(weight * signed_distance(mask[box]) for mask, weight in known) for known in outlines]
    )
    owner = np.where(inside, depths.argmax(axis=0) + 1, 0).astype(np.int32)
    for number in range(1, len(depths) + 1):
        if not (owner == number).any():
            deepest = np.argmax(np.where(inside, depths[number - 1], -np.inf))
            owner.flat[deepest] = number
    owner = _in_one_piece(owner)
    shared = []
    for number in range(1, len(depths) + 1):
        mask = np.zeros_like(region)
        mask[box] = owner == number
        shared.append(mask)
    return shared


def match(likeness: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the pairs of rows and columns with the maximum sum of `likeness`."""
    rows, columns = linear_sum_assignment(-likeness)
    return rows.astype(np.int64), columns.astype(np.int64)


def likeness(part: Mask, other: Mask, view: View, other_view: View) -> float:
    """Return the similarity of a part and one in the next frame: overlap minus differences of grey values and area."""
    common = np.count_nonzero(part & other)
    smaller = min(int(np.count_nonzero(part)), int(np.count_nonzero(other)))
    overlap = common / max(smaller, 1)
    size = abs(float(np.log(np.count_nonzero(part) / np.count_nonzero(other))))
    value = overlap - 0.15 * min(size, 2.0)
    if view.image is None or other_view.image is None:
        return float(value)
    grey, other_grey = view.image[part], other_view.image[other]
    contrast = abs(float(grey.mean()) - float(other_grey.mean()))
    texture = abs(float(grey.std()) - float(other_grey.std()))
    return float(value - 0.15 * min(contrast, 2.0) - 0.15 * min(texture, 2.0))


def centroid(mask: Mask) -> Floats:
    """Return the mean position of the pixels of a mask, ``(y, x)``."""
    return np.array([axis.mean() for axis in np.nonzero(mask)])


def _shift_by_texture(
    part: Mask, region: Mask, before: View, after: View, drift: tuple[int, int], common: Floats
) -> tuple[int, int]:
    """Return the displacement ``(y, x)`` of a part in px, from its texture."""
    area = int(np.count_nonzero(part))
    if before.image is None or after.image is None or area < _LEAST_TEXTURE_PX:
        return int(np.rint(common[0])), int(np.rint(common[1]))
    reach = int(np.clip(np.ceil(_SEARCH * np.sqrt(4 * area / np.pi)), 2, _FARTHEST_PX))
    every = -(-area // _TEXTURE_PX)
    rows, columns = (axis[::every] for axis in np.nonzero(part))
    area = len(rows)
    grey = before.image[rows, columns].astype(np.float64)
    grey -= grey.mean()
    strength = max(float(np.sqrt(grey @ grey)), 1e-9)
    steps = np.arange(-reach, reach + 1)
    dy, dx = (step.ravel() for step in np.meshgrid(steps, steps, indexing="ij"))
    height, width = region.shape
    y = np.clip(rows + (drift[0] + dy)[:, None], 0, height - 1)
    x = np.clip(columns + (drift[1] + dx)[:, None], 0, width - 1)
    at = y * width + x
    there = after.image.ravel()[at].astype(np.float64)
    there -= there.mean(axis=1, keepdims=True)
    lengths = np.maximum(np.sqrt(np.einsum("sp,sp->s", there, there)), 1e-9)
    outside = 1 - region.ravel()[at].mean(axis=1)
    far = np.hypot(dy, dx) / (reach + 1)
    best = int(np.argmax(there @ grey / (strength * lengths) - _LEAVING * outside - 0.1 * far**2))
    return drift[0] + int(dy[best]), drift[1] + int(dx[best])


def _shifted(mask: Mask, shift: tuple[int, int]) -> Mask:
    moved = np.zeros_like(mask)
    rows, columns = np.nonzero(mask)
    rows, columns = rows + shift[0], columns + shift[1]
    kept = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
    moved[rows[kept], columns[kept]] = True
    return moved


def _in_one_piece(parts: NDArray[np.int32]) -> NDArray[np.int32]:
    """Return `parts` reduced to their largest piece; the other pieces are assigned to the part that they touch most."""
    kept = keep_largest_pieces(parts)
    loose, _ = ndi.label((parts > 0) & (kept == 0), EIGHT_NEIGHBOURS)
    given = kept.copy()
    for number, box in enumerate(ndi.find_objects(loose), start=1):
        around = tuple(slice(max(side.start - 1, 0), side.stop + 1) for side in box)
        piece = loose[around] == number
        touched = np.bincount(kept[around][ndi.binary_dilation(piece, EIGHT_NEIGHBOURS)])
        touched[0] = 0
        given[around][piece] = touched.argmax() if touched.any() else parts[around][piece]
    return given
