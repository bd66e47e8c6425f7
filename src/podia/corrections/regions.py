"""Pixel operations of corrections, in one frame."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.draw import line as pixels_of_line
from skimage.draw import polygon as pixels_of_polygon

from podia.corrections.operations import Mask, Point
from podia.data.movie import LabelImage

_EIGHT = np.ones((3, 3), dtype=bool)
_MAX_GAP_PX = 6
"""Maximum gap between two pieces of a cell that a merge closes."""
_REACH = 0.5
"""Maximum distance of a point outside the cell it refers to, in radii of a disc of the area of the cell."""


def label_at(labels: LabelImage, point: Point) -> int:
    """Return the label of the cell at `point`, or of one whose edge is within half a cell's radius; 0 without."""
    y, x = (int(np.floor(value + 0.5)) for value in point)
    height, width = labels.shape
    if 0 <= y < height and 0 <= x < width and labels[y, x]:
        return int(labels[y, x])
    rows, columns = np.nonzero(labels)
    if not len(rows):
        return 0
    distances = np.hypot(rows - point[0], columns - point[1])
    nearest = int(np.argmin(distances))
    label = int(labels[rows[nearest], columns[nearest]])
    radius = np.sqrt(np.count_nonzero(labels == label) / np.pi)
    return label if distances[nearest] <= _REACH * radius else 0


def innermost_point(labels: LabelImage, label: int) -> Point | None:
    """Return the pixel of the cell that is farthest from its outline, the first of several; None without the cell."""
    rows, columns = np.nonzero(labels == label)
    if not len(rows):
        return None
    top, left = int(rows.min()), int(columns.min())
    box = np.pad(labels[top : rows.max() + 1, left : columns.max() + 1] == label, 1)
    y, x = np.unravel_index(int(np.argmax(ndi.distance_transform_edt(box))), box.shape)
    return float(top + int(y) - 1), float(left + int(x) - 1)


def centroid(labels: LabelImage, label: int) -> Point:
    """Return the mean position of the cell's pixels."""
    rows, columns = np.nonzero(labels == label)
    return float(rows.mean()), float(columns.mean())


def merge(labels: LabelImage, kept: int, others: Sequence[int]) -> LabelImage | None:
    """Return `labels` with `others` merged into `kept` and narrow gaps closed; None if they are too far apart."""
    merged = labels.copy()
    merged[np.isin(labels, others)] = kept
    mask = np.pad(merged == kept, _MAX_GAP_PX)
    if ndi.label(mask, _EIGHT)[1] > 1:
        for gap in range(1, _MAX_GAP_PX // 2 + 1):
            closed = ndi.binary_closing(mask, _EIGHT, iterations=gap)
            if ndi.label(closed, _EIGHT)[1] == 1:
                break
        else:
            return None
        closed = closed[_MAX_GAP_PX:-_MAX_GAP_PX, _MAX_GAP_PX:-_MAX_GAP_PX]
        merged[closed & (merged == 0)] = kept
    return merged


def cut_by_seeds(mask: NDArray[np.bool_], seeds: Sequence[Point]) -> NDArray[np.int32]:
    """Return the parts 1, 2, ... of `mask`, each the pixels nearest to its seed, one connected piece each."""
    rows, columns = np.nonzero(mask)
    distances = [np.hypot(rows - y, columns - x) for y, x in seeds]
    parts = np.zeros(mask.shape, np.int32)
    parts[rows, columns] = np.argmin(distances, axis=0) + 1
    return _connected(parts, len(seeds))


def cut_by_line(mask: NDArray[np.bool_], line: Sequence[Point]) -> NDArray[np.int32]:
    """Return the parts 1, 2, ... of `mask` on the sides of `line`, largest first.

    There is one part if the line does not split the mask.
    """
    wall = np.zeros(mask.shape, dtype=bool)
    for (y0, x0), (y1, x1) in pairwise(line):
        rows, columns = pixels_of_line(*(round(value) for value in (y0, x0, y1, x1)))
        inside = (rows >= 0) & (rows < mask.shape[0]) & (columns >= 0) & (columns < mask.shape[1])
        wall[rows[inside], columns[inside]] = True
    # Thick enough to separate the parts at diagonal steps.
    wall = ndi.binary_dilation(wall, ndi.generate_binary_structure(2, 1))
    pieces, n = ndi.label(mask & ~wall)
    if n < 2:
        return mask.astype(np.int32)
    sizes = np.bincount(pieces.ravel())[1:]
    order = np.argsort(-sizes, kind="stable")[:2]
    cores = np.zeros(mask.shape, np.int32)
    for number, piece in enumerate(order, 1):
        cores[pieces == piece + 1] = number
    nearest = ndi.distance_transform_edt(cores == 0, return_distances=False, return_indices=True)
    return _connected(np.where(mask, cores[tuple(nearest)], 0).astype(np.int32), 2)


def draw(frame_shape: tuple[int, int], corners: Sequence[Point]) -> NDArray[np.bool_]:
    """Return the pixels ``(Y, X)`` inside the polygon."""
    mask = np.zeros(frame_shape, dtype=bool)
    rows, columns = pixels_of_polygon(
        [corner[0] for corner in corners], [corner[1] for corner in corners], frame_shape
    )
    mask[rows, columns] = True
    return mask


def encode_mask(mask: NDArray[np.bool_]) -> Mask:
    """Return `mask` ``(Y, X)`` as run lengths in its bounding box."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return Mask(top=0, left=0, height=0, width=0, runs=())
    top, left = int(rows.min()), int(columns.min())
    box = mask[top : int(rows.max()) + 1, left : int(columns.max()) + 1]
    flat = np.concatenate([[False], box.ravel(), [False]])
    edges = np.flatnonzero(flat[1:] != flat[:-1])
    runs = np.diff(np.concatenate([[0], edges]))
    return Mask(
        top=top, left=left, height=box.shape[0], width=box.shape[1], runs=tuple(int(run) for run in runs)
    )


def decode_mask(mask: Mask, frame_shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels ``(Y, X)`` of a mask; those outside the frame are omitted."""
    inside = np.arange(len(mask.runs)) % 2 == 1
    flat = np.repeat(inside, mask.runs)[: mask.height * mask.width]
    box = np.zeros(mask.height * mask.width, dtype=bool)
    box[: len(flat)] = flat
    rows, columns = np.nonzero(box.reshape(mask.height, mask.width))
    rows, columns = rows + mask.top, columns + mask.left
    kept = (rows >= 0) & (rows < frame_shape[0]) & (columns >= 0) & (columns < frame_shape[1])
    pixels = np.zeros(frame_shape, dtype=bool)
    pixels[rows[kept], columns[kept]] = True
    return pixels


def _connected(parts: NDArray[np.int32], n: int) -> NDArray[np.int32]:
    """Return `parts` with detached pieces of a part assigned to the part that they touch most."""
    cleaned = parts.copy()
    for number in range(1, n + 1):
        pieces, n_pieces = ndi.label(parts == number, _EIGHT)
        if n_pieces < 2:
            continue
        sizes = np.bincount(pieces.ravel())
        sizes[0] = 0
        for piece in set(range(1, n_pieces + 1)) - {int(sizes.argmax())}:
            stray = pieces == piece
            around = cleaned[ndi.binary_dilation(stray, _EIGHT) & ~stray]
            around = around[(around > 0) & (around != number)]
            if len(around):
                cleaned[stray] = np.bincount(around).argmax()
    return cleaned
