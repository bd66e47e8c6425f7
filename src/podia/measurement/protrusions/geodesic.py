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
from scipy.sparse import coo_array, csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components
from skimage.graph import MCP_Geometric

from podia.measurement.protrusions.body import Mask, Point

Path = list[Point]
"""Corners of a path, from its start to its end."""


@dataclass(frozen=True)
class Geodesics:
    """Shortest paths inside `mask` from `source`, a position inside the mask or on its outline."""

    mask: Mask
    source: Point

    def path_to(self, target: Point) -> Path:
        """Return the shortest path to `target`, which lies in the mask or on its outline."""
        runs = self._runs
        route = self._route(self._nearest_pixel(target))
        return pull_taut(self.source, target, runs.rows[route], runs.first[route], runs.last[route])

    def chamfer_length_to(self, target: Point) -> float:
        """Return the length to the pixel of `target` in steps of 1 and sqrt 2."""
        return float(self._costs[0][self._nearest_pixel(target)])

    def _nearest_pixel(self, point: Point) -> tuple[int, int]:
        y, x = round(point[0]), round(point[1])
        if self.mask[y, x]:
            return y, x
        pixels = np.argwhere(self.mask)
        y, x = pixels[((pixels - point) ** 2).sum(axis=1).argmin()]
        return int(y), int(x)

    def _route(self, pixel: tuple[int, int]) -> NDArray[np.int64]:
        """Return the runs that a path from the source to `pixel` goes through, in order."""
        runs = self._runs
        target = runs.of(pixel)
        if runs.has_holes:
            steps = np.array(self._costs[1].traceback(pixel), dtype=np.int64)
            visited = runs.number[tuple(steps.T)]
            return visited[np.flatnonzero(np.diff(visited, prepend=-1))]
        route = [target]
        came_from = self._came_from
        while (target := int(came_from[target])) >= 0:
            route.append(target)
        return np.array(route[::-1])

    @cached_property
    def _runs(self) -> Runs:
        return find_runs(self.mask)

    @cached_property
    def _came_from(self) -> NDArray[np.int64]:
        start = self._runs.of(self._nearest_pixel(self.source))
        _, predecessors = breadth_first_order(self._runs.contacts, start, directed=False)
        return np.asarray(predecessors)

    @cached_property
    def _costs(self) -> tuple[NDArray[np.float64], MCP_Geometric]:
        paths = MCP_Geometric(np.where(self.mask, 1.0, -1.0))
        costs, _ = paths.find_costs([self._nearest_pixel(self.source)])
        return costs, paths


@dataclass(frozen=True)
class Runs:
    """The R runs of a mask: their row, first and last column ``(R,)``, and which of them hang together."""

    number: NDArray[np.int64]
    rows: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    contacts: csr_array

    def of(self, pixel: tuple[int, int]) -> int:
        """Return the run of a pixel of the mask."""
        return int(self.number[pixel])

    @property
    def has_holes(self) -> bool:
        """Whether there is more than one way between some of them."""
        pieces, _ = connected_components(self.contacts, directed=False)
        return bool(self.contacts.nnz > len(self.rows) - pieces)


def find_runs(mask: Mask) -> Runs:
    """Return the runs of `mask`; ``number`` ``(Y, X)`` gives the run of each pixel."""
    before = np.pad(mask, ((0, 0), (1, 0)))[:, :-1]
    starts = mask & ~before
    rows, first = np.nonzero(starts)
    last = np.nonzero(mask & ~np.pad(mask, ((0, 0), (0, 1)))[:, 1:])[1]
    number = np.cumsum(starts).reshape(mask.shape) - 1

    upper, lower = mask[:-1], mask[1:]
    edges = _pairs(number[:-1], number[1:], upper & lower)
    corners = np.concatenate(
        [
            _pairs(number[:-1, :-1], number[1:, 1:], upper[:, :-1] & lower[:, 1:]),
            _pairs(number[:-1, 1:], number[1:, :-1], upper[:, 1:] & lower[:, :-1]),
        ]
    )
    _, piece = connected_components(_graph(edges, len(rows)), directed=False)
    corners = corners[piece[corners[:, 0]] != piece[corners[:, 1]]]
    contacts = _graph(np.concatenate([edges, corners]), len(rows))
    return Runs(number, rows, first, last, contacts)


def _pairs(upper: NDArray[np.int64], lower: NDArray[np.int64], both: Mask) -> NDArray[np.int64]:
    return np.stack([upper[both], lower[both]], axis=1)


def _graph(pairs: NDArray[np.int64], n_runs: int) -> csr_array:
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(n_runs, n_runs)).tocsr()
    graph.sum_duplicates()
    return graph


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
