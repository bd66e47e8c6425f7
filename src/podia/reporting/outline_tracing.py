"""Trace and simplify the outlines of a label image."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage
from podia.labels.cracks import Points, follow_cracks


def outlines(labels: LabelImage, *, tolerance_px: float = 0.5) -> dict[int, list[Points]]:
    """Return, for each label, its closed outlines: the outer ones and those of its holes.

    The outline runs through the middles of the pixel edges between a cell and what is not that cell, the curve
    that marching squares gives for one cell at a time. It is then thinned by the method of Douglas and Peucker.

    Parameters
    ----------
    labels
        Label image ``(Y, X)``; 0 is background. Diagonal neighbours belong together.
    tolerance_px
        No point of the full outline is further than this from the thinned one. Below 0.35 (sqrt(2) / 4, the
        distance from a pixel's centre to the full outline) the thinned outlines enclose exactly the same pixels.

    Returns
    -------
    dict
        Label -> outlines ``(N, 2)``, labels ascending. Empty for an image without cells. An outline of fewer than
        three points, as of a line one pixel wide, may come out.

    Examples
    --------
    >>> square = np.zeros((6, 6), np.int32)
    >>> square[1:5, 1:5] = 7
    >>> {label: len(found) for label, found in outlines(square).items()}
    {7: 1}
    """
    loops, owners = follow_cracks(labels)
    if not loops:
        return {}
    thinned = _thin(loops, tolerance_px)
    found: dict[int, list[Points]] = {}
    for owner, points in sorted(zip(owners, thinned, strict=True), key=lambda pair: pair[0]):
        found.setdefault(owner, []).append(points)
    return found


def _thin(loops: Sequence[Points], tolerance_px: float) -> list[Points]:
    """Return closed `loops` with fewer points, by Douglas and Peucker's method on all of them at once.

    Each round splits every stretch between kept points where it strays furthest, so the number of rounds grows
    with the logarithm of the number of points, and Python never visits a single point.
    """
    # A loop's first point is repeated at its end, so that its last stretch is one like any other.
    closed = [np.vstack([loop, loop[:1]]) for loop in loops]
    ends = np.cumsum([len(loop) for loop in closed])
    firsts = ends - [len(loop) for loop in closed]
    y, x = np.ascontiguousarray(np.concatenate(closed).T)
    kept = np.zeros(len(y), bool)
    kept[firsts] = kept[ends - 1] = True
    open_from, open_to = firsts, ends - 1
    while True:
        sizes = open_to - open_from - 1
        open_from, open_to, sizes = open_from[sizes > 0], open_to[sizes > 0], sizes[sizes > 0]
        if not len(open_from):
            break
        begins = np.cumsum(sizes) - sizes
        inner = np.arange(sizes.sum()) + np.repeat(open_from + 1 - begins, sizes)
        stray = _distance(y, x, inner, np.repeat(open_from, sizes), np.repeat(open_to, sizes))
        worst = np.maximum.reduceat(stray, begins)
        # Of several points equally far away, the first.
        candidates = np.flatnonzero(stray == np.repeat(worst, sizes))
        split = inner[candidates[np.searchsorted(candidates, begins)]]
        strays = worst > tolerance_px
        kept[split[strays]] = True
        open_from, open_to = (
            np.concatenate([open_from[strays], split[strays]]),
            np.concatenate([split[strays], open_to[strays]]),
        )
    return [
        np.stack([y[first:last], x[first:last]], axis=1)[kept[first:last]]
        for first, last in zip(firsts, ends - 1, strict=True)
    ]


def _distance(
    y: NDArray[np.float64],
    x: NDArray[np.float64],
    points: NDArray[np.int64],
    start: NDArray[np.int64],
    end: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Return the distance of each of `points` (by index) from the straight line from its `start` to its `end`."""
    along_y, along_x = y[end] - y[start], x[end] - x[start]
    dy, dx = y[points] - y[start], x[points] - x[start]
    # Where start and end are one point, as on a whole loop, the distance is that from the point.
    length2 = np.maximum(along_y**2 + along_x**2, 1e-12)
    share = np.clip((dy * along_y + dx * along_x) / length2, 0.0, 1.0)
    distance: NDArray[np.float64] = np.hypot(dy - share * along_y, dx - share * along_x)
    return distance
