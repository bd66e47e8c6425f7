"""Distance transforms per cell, in which touching cells also have outlines.

Cells are processed one by one in their bounding boxes, whose total area is about that of the frame: this takes as long
as one distance transform of a whole frame.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import LabelImage

Box = tuple[slice, slice]


def depth_inside(labels: LabelImage, *, relative: bool) -> NDArray[np.float32]:
    """Return the distance of each cell pixel to the nearest pixel outside its cell, ``(Y, X)``, 0 outside cells.

    Beside another cell, background or unlabelled pixels it is 1 px. The edge of the frame is not an outline. With
    `relative`, distances are divided by the maximum of the cell: 1 in the middle of its body, near 0 along a thin arm.
    """
    depth = np.zeros(labels.shape, np.float32)
    for label, box in _boxes(labels, margin_px=1):
        inside = labels[box] == label
        # A cell that fills its box also fills the frame, and has no outline.
        distance = np.ones(inside.shape) if inside.all() else ndi.distance_transform_edt(inside)
        if relative:
            distance /= distance.max()
        np.copyto(depth[box], distance, where=inside, casting="same_kind")
    return depth


def distances_to_two_nearest(
    labels: LabelImage, reach_px: float
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return each pixel's distance to the nearest cell and to the second nearest, ``(Y, X)`` px each.

    Inside a cell the first is 0. Exact where their sum is at most `reach_px`; elsewhere larger than that, or infinite.
    """
    first = np.full(labels.shape, np.inf, np.float32)
    second = first.copy()
    for label, box in _boxes(labels, margin_px=int(np.ceil(reach_px))):
        crop = labels[box]
        inside = crop == label
        if not np.any((crop > 0) & ~inside):
            continue
        distance = ndi.distance_transform_edt(~inside).astype(np.float32)
        second[box] = np.minimum(second[box], np.maximum(first[box], distance))
        first[box] = np.minimum(first[box], distance)
    return first, second


def distance_to_outline(labels: LabelImage) -> NDArray[np.float32]:
    """Return the distance of each pixel to the nearest pixel across an outline, ``(Y, X)`` px, at least 1.

    Inside cells that is :func:`depth_inside`, elsewhere the distance to the nearest cell; infinite without cells.
    """
    outside = labels <= 0
    if outside.all():
        return np.full(labels.shape, np.inf, np.float32)
    distance = ndi.distance_transform_edt(outside).astype(np.float32)
    return np.asarray(distance + depth_inside(labels, relative=False))


def _boxes(labels: LabelImage, margin_px: int) -> Iterator[tuple[int, Box]]:
    """Yield each cell's label and its bounding box with a margin, cut at the frame's edge."""
    for label, box in enumerate(ndi.find_objects(labels), start=1):
        if box is not None:
            rows, columns = (slice(max(s.start - margin_px, 0), s.stop + margin_px) for s in box)
            yield label, (rows, columns)
