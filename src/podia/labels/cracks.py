"""Tracing of the pixel edges between cells and their surroundings."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage

Points = NDArray[np.float64]
"""A closed polyline, ``(N, 2)`` as ``(y, x)`` px; the last point joins the first. Pixel centres are integers."""

# A crack is a pixel edge with a cell on its right and something else on its left, walked in one of four
# directions. Row d of each table belongs to direction d: east, south, west, north.
_STEP = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])
_LEFT = np.array([(-1, 0), (0, 1), (1, 0), (0, -1)])


def follow_cracks(labels: LabelImage) -> tuple[list[Points], list[int]]:
    """Return the full closed outlines in a label image, and the label of each.

    They run through the midpoints of the pixel edges between a cell and its surroundings, clockwise on screen around
    cells and counter-clockwise around holes. Diagonal neighbours are connected.
    """
    padded = np.pad(labels, 1)
    width = padded.shape[1]
    flat = padded.ravel()
    cells = np.flatnonzero(flat)
    values = flat[cells]
    step, left = _STEP @ (width, 1), _LEFT @ (width, 1)
    pixels = [cells[flat[cells + left[d]] != values] for d in range(4)]
    counts = [len(p) for p in pixels]
    if not sum(counts):
        return [], []
    position = np.full((4, flat.size), -1, np.int32)
    starts = np.cumsum([0, *counts])
    for d in range(4):
        position[d, pixels[d]] = np.arange(starts[d], starts[d + 1], dtype=np.int32)
    successor = np.empty(starts[-1], np.int32)
    middles = np.empty((starts[-1], 2))
    for d, here in enumerate(pixels):
        ahead = here + step[d]
        across = ahead + left[d]
        own = flat[here]
        # Looking left first keeps diagonal neighbours in one outline.
        turns_left, goes_on = flat[across] == own, flat[ahead] == own
        following = np.where(goes_on, position[d, ahead], position[(d + 1) % 4, here])
        successor[starts[d] : starts[d + 1]] = np.where(turns_left, position[d - 1, across], following)
        middles[starts[d] : starts[d + 1]] = np.stack(np.divmod(here, width), axis=1) + _LEFT[d] / 2
    order, lengths = _walk(successor.tolist())
    labels = flat[np.concatenate(pixels)][order[np.cumsum([0, *lengths[:-1]])]]
    return np.split(middles[order] - 1.0, np.cumsum(lengths)[:-1]), labels.tolist()


def _walk(successor: Sequence[int]) -> tuple[NDArray[np.int64], list[int]]:
    """Return cracks in tracing order, loop by loop, and the length of each loop."""
    unseen = bytearray(b"\x01") * len(successor)
    order: list[int] = []
    lengths: list[int] = []
    for start in range(len(successor)):
        if not unseen[start]:
            continue
        begun = len(order)
        here = start
        while unseen[here]:
            unseen[here] = 0
            order.append(here)
            here = successor[here]
        lengths.append(len(order) - begun)
    return np.array(order), lengths
