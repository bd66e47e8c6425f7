"""Cleaning of label images: holes, size limits, border, and growing of cells into adjacent pixels."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from podia.data.movie import LabelImage
from podia.labels.foreground import EIGHT_NEIGHBOURS, Mask


def fill_cell_holes(labels: LabelImage, max_area_px: float | None) -> LabelImage:
    """Fill holes in cells of `labels` up to `max_area_px`; None fills holes of any area.

    A hole is a 4-connected region of background, enclosed by one cell, that does not touch the edge of the frame. A
    region enclosed by several cells is a gap, not a hole.
    """
    patches, n = ndi.label(labels == 0)
    is_hole = np.ones(n + 1, dtype=bool)
    if max_area_px is not None:
        is_hole = np.bincount(patches.ravel(), minlength=n + 1) <= max_area_px
    for edge in (patches[0], patches[-1], patches[:, 0], patches[:, -1]):
        is_hole[edge] = False
    is_hole[0] = False
    if not is_hole.any():
        return labels
    pixels = np.flatnonzero(is_hole[patches])
    patch = patches.ravel()[pixels]
    # No hole reaches the edge, so these four pixels are in the frame.
    width = labels.shape[1]
    around = labels.ravel()[pixels[:, None] + np.array([-width, -1, 1, width])]
    lowest = np.full(n + 1, np.iinfo(np.int32).max, dtype=np.int32)
    highest = np.zeros(n + 1, dtype=np.int32)
    np.minimum.at(lowest, patch, np.where(around > 0, around, lowest[0]).min(axis=1))
    np.maximum.at(highest, patch, around.max(axis=1))
    filled = labels.copy()
    filled.ravel()[pixels] = np.where(lowest == highest, highest, 0)[patch]
    return filled


def keep_cells(
    labels: LabelImage,
    *,
    min_area_px: float = 0.0,
    max_area_px: float | None = None,
    exclude_border: bool = False,
    field_margin_px: int = 0,
) -> LabelImage:
    """Return `labels` without cells outside the size limits (and at the border, if asked), numbered 1, 2, ...

    Cells that lie entirely within `field_margin_px` of the frame's edge are also removed. Cells are numbered by their
    first pixel, row by row.
    """
    pixels = np.flatnonzero(labels)
    values = labels.ravel()[pixels]
    areas = np.bincount(values)
    keep = (areas > 0) & (areas >= min_area_px)
    if max_area_px is not None:
        keep &= areas <= max_area_px
    if exclude_border:
        for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
            keep[edge[edge > 0]] = False
    if field_margin_px > 0:
        inside = slice(field_margin_px, -field_margin_px)
        keep &= np.bincount(labels[inside, inside].ravel(), minlength=areas.size)[: areas.size] > 0
    first = np.zeros(areas.size, dtype=np.int64)
    first[values[::-1]] = pixels[::-1]  # for repeated indices, the last value written remains
    kept = np.flatnonzero(keep)
    number = np.zeros(areas.size, dtype=np.int32)
    number[kept[np.argsort(first[kept])]] = np.arange(1, kept.size + 1)
    cleaned = np.zeros(labels.size, dtype=np.int32)
    cleaned[pixels] = number[values]
    return cleaned.reshape(labels.shape)


def keep_largest_pieces(labels: LabelImage) -> LabelImage:
    """Keep only the largest 8-connected piece of each label; the upper one if equal."""
    kept = labels.copy()
    for label, box in enumerate(ndi.find_objects(labels), start=1):
        if box is None:
            continue
        pieces, n_pieces = ndi.label(labels[box] == label, EIGHT_NEIGHBOURS)
        if n_pieces > 1:
            largest = np.argmax(np.bincount(pieces.ravel())[1:]) + 1
            kept[box][(pieces > 0) & (pieces != largest)] = 0
    return kept


def grow_into(labels: LabelImage, pixels: Mask, reach_px: float) -> LabelImage:
    """Assign each of `pixels` to its nearest cell within `reach_px`, if the cell remains in one piece.

    If several cells are equally near, the first one in a fixed order of directions is used.
    """
    margin = int(np.ceil(reach_px)) + 1
    width = labels.shape[1] + 2 * margin
    padded = np.pad(labels, margin)
    before, after = padded.ravel(), padded.ravel().copy()
    rows, columns = np.nonzero(pixels & (labels == 0))
    open_pixels = (rows + margin) * width + columns + margin
    beside = np.array([dy * width + dx for dy in (-1, 0, 1) for dx in (-1, 0, 1) if dy or dx])
    for distance, step in _steps(reach_px, width):
        found = before[open_pixels + step]
        taken = found > 0
        if distance >= 2.0:
            taken &= (after[open_pixels[:, None] + beside] == found[:, None]).any(axis=1)
        after[open_pixels[taken]] = found[taken]
        open_pixels = open_pixels[~taken]
    inner = slice(margin, -margin)
    return np.ascontiguousarray(after.reshape(padded.shape)[inner, inner])


def _steps(reach_px: float, width: int) -> list[tuple[float, int]]:
    """Return distance and offset (in a raveled frame) of all steps up to `reach_px` long, nearest first."""
    reach = int(reach_px)
    grid = [(dy, dx) for dy in range(-reach, reach + 1) for dx in range(-reach, reach + 1) if dy or dx]
    steps = [(float(np.hypot(dy, dx)), dy * width + dx) for dy, dx in grid]
    return sorted((step for step in steps if step[0] <= reach_px), key=lambda step: step[0])
