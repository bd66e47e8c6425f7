"""Shortest paths inside a cell.

A cell is the union of its pixels' squares. ``"euclidean"`` finds the exact shortest path in that region:

1. The mask is cut into *runs*, the unbroken rows of its pixels. Runs in neighbouring rows that share a stretch
   of edge hang together; those that meet at a corner only do so where nothing else joins them. So an arm one
   pixel wide may run diagonally, but a gap one pixel wide keeps two arms apart.
2. A run is convex, so the way from run to run decides the path up to stretching. In a cell without holes there
   is one way only. In one with holes it is the way of the shortest path from pixel to pixel.
3. The path is pulled taut between the shared edges by the funnel algorithm (Lee & Preparata, Networks 1984).

``"chamfer"`` counts S0's steps between pixel centres, 1 along an axis and sqrt 2 diagonally.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage.graph import MCP_Geometric

from podia.measurement.protrusions.body import Mask, Point

Path = list[Point]
"""Corners of a path, from its start to its end."""


@dataclass(frozen=True)
class Geodesics:
    """Shortest paths inside `mask`, which hangs together, from `source`, a position in it."""

    mask: Mask
    source: Point

    def path_to(self, target: Point) -> Path:
        """Return the shortest path to `target`, which lies in the mask or on its outline."""
        runs = self._runs
        pixel = self._nearest_pixel(target)
        route = self._way_around_holes(pixel) if runs.has_holes else self._only_way(pixel)
        return pull_taut(self.source, target, runs.rows[route], runs.first[route], runs.last[route])

    def chamfer_length_to(self, target: Point) -> float:
        """Return the length to the pixel of `target` in steps of 1 and sqrt 2."""
        return float(self._chamfer[1][self._nearest_pixel(target)])

    def _nearest_pixel(self, point: Point) -> tuple[int, int]:
        y, x = round(point[0]), round(point[1])
        if self.mask[y, x]:
            return y, x
        pixels = np.argwhere(self.mask)
        y, x = pixels[((pixels - point) ** 2).sum(axis=1).argmin()]
        return int(y), int(x)

    def _only_way(self, pixel: tuple[int, int]) -> NDArray[np.int64]:
        """Return the runs from the source to `pixel` where there is one way to go."""
        run = int(self._runs.number[pixel])
        route = [run]
        while (run := self._came_from[run]) >= 0:
            route.append(run)
        return np.array(route[::-1])

    def _way_around_holes(self, pixel: tuple[int, int]) -> NDArray[np.int64]:
        """Return the runs that the shortest path from pixel to pixel goes through."""
        steps = np.array(self._chamfer[0].traceback(pixel), dtype=np.int64)
        visited = self._runs.number[tuple(steps.T)]
        return visited[np.flatnonzero(np.diff(visited, prepend=-1))]

    @cached_property
    def _runs(self) -> Runs:
        return find_runs(self.mask)

    @cached_property
    def _came_from(self) -> list[int]:
        """The run through which each run is reached from the source, -1 for the source's own."""
        neighbours: list[list[int]] = [[] for _ in self._runs.rows]
        for upper, lower in self._runs.contacts.tolist():
            neighbours[upper].append(lower)
            neighbours[lower].append(upper)
        came_from = [-1] * len(neighbours)
        start = int(self._runs.number[self._nearest_pixel(self.source)])
        waiting = [start]
        for run in waiting:
            for neighbour in neighbours[run]:
                if neighbour != came_from[run]:
                    came_from[neighbour] = run
                    waiting.append(neighbour)
        return came_from

    @cached_property
    def _chamfer(self) -> tuple[MCP_Geometric, NDArray[np.float64]]:
        paths = MCP_Geometric(np.where(self.mask, 1.0, -1.0))
        lengths, _ = paths.find_costs([self._nearest_pixel(self.source)])
        return paths, lengths


@dataclass(frozen=True)
class Runs:
    """The R runs of a mask.

    Parameters
    ----------
    number
        ``(Y, X)`` the run of each pixel of the mask.
    rows, first, last
        ``(R,)`` row, first and last column of each run.
    contacts
        ``(C, 2)`` the runs that hang together, the upper one first.
    """

    number: NDArray[np.int64]
    rows: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    contacts: NDArray[np.int64]

    @property
    def has_holes(self) -> bool:
        """Whether there is more than one way between some of them."""
        return len(self.contacts) > len(self.rows) - 1


def find_runs(mask: Mask) -> Runs:
    """Return the runs of `mask` ``(Y, X)``, which has a pixel of background around it."""
    starts = mask.copy()
    starts[:, 1:] &= ~mask[:, :-1]
    stops = mask.copy()
    stops[:, :-1] &= ~mask[:, 1:]
    rows, first = np.nonzero(starts)
    last = np.nonzero(stops)[1]
    number = np.cumsum(starts).reshape(mask.shape) - 1
    shared = mask[:-1] & mask[1:]
    keys = np.unique(number[:-1][shared] * len(rows) + number[1:][shared])
    edges = np.stack(np.divmod(keys, len(rows)), axis=1)
    return Runs(number, rows, first, last, np.concatenate([edges, _corner_contacts(mask, number)]))


def _corner_contacts(mask: Mask, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the runs that meet at a corner and hang together in no other way."""
    upper_left, upper_right, lower_left, lower_right = mask[:-1, :-1], mask[:-1, 1:], mask[1:, :-1], mask[1:, 1:]
    falling = upper_left & lower_right & ~upper_right & ~lower_left
    rising = upper_right & lower_left & ~upper_left & ~lower_right
    if not (falling.any() or rising.any()):
        return np.empty((0, 2), dtype=np.int64)
    piece, _ = ndimage.label(mask)
    contacts = [np.empty((0, 2), dtype=np.int64)]
    for meet, upper, lower in (
        (falling, np.s_[:-1, :-1], np.s_[1:, 1:]),
        (rising, np.s_[:-1, 1:], np.s_[1:, :-1]),
    ):
        apart = meet & (piece[upper] != piece[lower])
        contacts.append(np.stack([number[upper][apart], number[lower][apart]], axis=1))
    return np.concatenate(contacts)


def pull_taut(
    source: Point,
    target: Point,
    rows: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
) -> Path:
    """Return the shortest path from `source` to `target` through a row of runs (funnel algorithm).

    Parameters
    ----------
    source, target
        Positions in the first and in the last run.
    rows, first, last
        ``(R,)`` row, first and last column of the runs; each lies in a row beside that of the one before.
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


def _gates(
    rows: NDArray[np.int64], first: NDArray[np.int64], last: NDArray[np.int64]
) -> tuple[Path, Path]:
    """Return the left and right ends of the edges between runs, seen in the direction of travel."""
    y = (rows[:-1] + rows[1:]) / 2
    low = np.maximum(first[:-1], first[1:]) - 0.5
    high = np.minimum(last[:-1], last[1:]) + 0.5
    down = rows[1:] > rows[:-1]
    # Facing down the image, the left hand is at the larger x.
    left = np.where(down, high, low)
    right = np.where(down, low, high)
    return list(zip(y.tolist(), left.tolist(), strict=True)), list(zip(y.tolist(), right.tolist(), strict=True))


def _turn(apex: Point, a: Point, b: Point) -> float:
    """Return the cross product: positive where `b` lies to the left of the ray from `apex` through `a`."""
    return (a[0] - apex[0]) * (b[1] - apex[1]) - (a[1] - apex[1]) * (b[0] - apex[0])


def path_length(path: Path) -> float:
    """Return the length of a path."""
    return sum(math.dist(a, b) for a, b in pairwise(path))
