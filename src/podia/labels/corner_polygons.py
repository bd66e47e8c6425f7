"""Lossless conversion of cells to polygons with corners at pixel corners, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage
from podia.labels.cracks import Points, follow_cracks


def corner_polygons(labels: LabelImage) -> dict[int, Points]:
    """Return each cell as one polygon along the edges of its pixels, so that its area is that of its pixels.

    Holes and additional pieces of a cell are connected to its first outline by a line in both directions, which
    encloses no area.

    Examples
    --------
    >>> image = np.zeros((4, 4), np.int32)
    >>> image[1:3, 1:4] = 5
    >>> corner_polygons(image)[5].tolist()
    [[0.5, 3.5], [2.5, 3.5], [2.5, 0.5], [0.5, 0.5]]
    """
    loops_of: dict[int, list[Points]] = {}
    loops, owners = follow_cracks(labels)
    for loop, owner in zip(loops, owners, strict=True):
        loops_of.setdefault(owner, []).append(_corners(loop))
    return {owner: _joined(loops_of[owner]) for owner in sorted(loops_of)}


def fill_polygon(polygon: Points, shape: tuple[int, int]) -> tuple[slice, slice, NDArray[np.bool_]]:
    """Return rows, columns and, within them, the pixels of a frame of `shape` whose centres lie in `polygon`.

    The even-odd rule decides. A centre on a left edge belongs to it, one on a right edge does not.
    """
    top, left = (max(0, int(np.floor(low))) for low in polygon.min(axis=0))
    bottom, right = (
        min(size, int(np.ceil(high)) + 1) for size, high in zip(shape, polygon.max(axis=0), strict=True)
    )
    height, width = max(0, bottom - top), max(0, right - left)
    # One more column, for edges to the right of all pixels.
    toggled = np.zeros((height, width + 1), np.bool_)
    rows = np.arange(top, bottom)
    # Orient every edge downwards, so that a line in both directions crosses each row at the same position.
    ends = np.stack([polygon, np.roll(polygon, -1, axis=0)], axis=1)
    upwards = ends[:, 0, 0] > ends[:, 1, 0]
    ends[upwards] = ends[upwards, ::-1]
    (y0, x0), (y1, x1) = ends[:, 0].T, ends[:, 1].T
    for edge in np.flatnonzero(y0 < y1):
        crossed = rows[(rows >= y0[edge]) & (rows < y1[edge])]
        share = (crossed - y0[edge]) / (y1[edge] - y0[edge])
        columns = np.ceil(x0[edge] + share * (x1[edge] - x0[edge])).astype(np.int64) - left
        toggled[crossed - top, np.clip(columns, 0, width)] ^= True
    inside = np.logical_xor.accumulate(toggled, axis=1)[:, :width]
    return slice(top, top + height), slice(left, left + width), inside


def _corners(loop: Points) -> Points:
    """Return the corners of an outline through the midpoints of pixel edges."""
    following = np.roll(loop, -1, axis=0)
    level = loop[:, 0] % 1 != 0
    turns = level != np.roll(level, -1)
    y = np.where(level, loop[:, 0], following[:, 0])
    x = np.where(level, following[:, 1], loop[:, 1])
    corners: Points = np.stack([y, x], axis=1)[turns]
    return corners


def _joined(loops: list[Points]) -> Points:
    first = loops[0]
    parts = [first]
    for other in loops[1:]:
        parts += [first[:1], other, other[:1]]
    # Return to the start, where the polygon closes.
    return np.concatenate([*parts, first[:1]]) if len(loops) > 1 else first
