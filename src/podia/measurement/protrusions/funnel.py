"""Funnel algorithm: shortest paths through a sequence of pixel runs."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from podia.measurement.protrusions.body import Point

Path = list[Point]
"""Corners of a path, from its start to its end."""


def pull_taut(
    source: Point,
    target: Point,
    rows: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> Path:
    """Return the shortest path from `source` to `target` through a sequence of runs.

    The funnel algorithm (Lee & Preparata, Networks 1984): the rays from the last corner to the left and right ends of
    the gates form a funnel. Each gate narrows it; where one side would cross the other, the path turns at that other
    side, where a new funnel starts.

    Parameters
    ----------
    source, target
        Positions in the first and in the last run.
    rows, first, last
        ``(R,)`` row, first and last column of the runs; successive runs lie in adjacent rows.
    """
    lefts, rights = _gates(rows, first, last)
    lefts.append(target)
    rights.append(target)
    path = [source]
    apex = left = right = source
    left_gate = right_gate = 0
    gate = 0
    while gate < len(lefts):
        new_left, new_right = lefts[gate], rights[gate]
        if _turn(apex, right, new_right) >= 0:
            if apex == right or _turn(apex, left, new_right) < 0:
                right, right_gate = new_right, gate
            else:
                path.append(left)
                apex = right = left
                gate = right_gate = left_gate
                gate += 1
                continue
        if _turn(apex, left, new_left) <= 0:
            if apex == left or _turn(apex, right, new_left) > 0:
                left, left_gate = new_left, gate
            else:
                path.append(right)
                apex = left = right
                gate = left_gate = right_gate
                gate += 1
                continue
        gate += 1
    path.append(target)
    return [point for i, point in enumerate(path) if i == 0 or point != path[i - 1]]


def _gates(rows: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]) -> tuple[Path, Path]:
    """Return the left and right ends of the edges between runs, seen in the direction of travel."""
    y = (rows[:-1] + rows[1:]) / 2
    low = np.maximum(first[:-1], first[1:]) - 0.5
    high = np.minimum(last[:-1], last[1:]) + 0.5
    down = rows[1:] > rows[:-1]
    # Facing down the image, the left hand is at the larger x.
    left = np.where(down, high, low)
    right = np.where(down, low, high)
    return list(zip(y.tolist(), left.tolist(), strict=True)), list(
        zip(y.tolist(), right.tolist(), strict=True)
    )


def _turn(apex: Point, a: Point, b: Point) -> float:
    """Return the cross product: positive where `b` lies to the left of the ray from `apex` through `a`."""
    return (a[0] - apex[0]) * (b[1] - apex[1]) - (a[1] - apex[1]) * (b[0] - apex[0])


def path_length(path: Path) -> float:
    """Return the length of a path."""
    return sum(math.dist(a, b) for a, b in pairwise(path))
