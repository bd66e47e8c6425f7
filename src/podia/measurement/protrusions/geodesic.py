"""Shortest paths inside a cell.

A cell is the union of the squares of its pixels. ``"euclidean"`` finds the exact shortest path in that region:

1. The mask is cut into runs, which are convex, so the sequence of runs determines the path up to tightening. 2. In a
cell without holes, there is only one sequence. In a cell with holes, it is that of the shortest path from pixel to
pixel, which may pass a hole on the longer side if the two sides differ by less than 8 %. 3. The path is pulled tight
between the edges shared by the runs.

``"chamfer"`` counts steps between pixel centres, 1 along an axis and sqrt 2 diagonally (Gómez-de-Mariscal et al. 2021).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric

from podia.measurement.protrusions.body import Mask, Point
from podia.measurement.protrusions.funnel import Path, pull_taut
from podia.measurement.protrusions.runs import Runs, find_runs


@dataclass(frozen=True)
class Geodesics:
    """Shortest paths inside the connected `mask` from `source`, a position in it."""

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
        """Return the runs from the source to `pixel` in a cell without holes."""
        run = int(self._runs.number[pixel])
        route = [run]
        while (run := self._came_from[run]) >= 0:
            route.append(run)
        return np.array(route[::-1])

    def _way_around_holes(self, pixel: tuple[int, int]) -> NDArray[np.int64]:
        """Return the runs of the shortest path from pixel to pixel."""
        steps = np.array(self._chamfer[0].traceback(pixel), dtype=np.int64)
        visited = self._runs.number[tuple(steps.T)]
        route: NDArray[np.int64] = visited[np.flatnonzero(np.diff(visited, prepend=-1))]
        return route

    @cached_property
    def _runs(self) -> Runs:
        return find_runs(self.mask)

    @cached_property
    def _came_from(self) -> list[int]:
        """Predecessor of each run on the way from the source, -1 for the run of the source."""
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
