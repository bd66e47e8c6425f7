"""Runs of overlapping regions, and their forks and junctions.

A *run* is a region in successive frames, as long as it overlaps exactly one region and vice versa. Where two runs
merge, cells have touched and fused, or the pieces of a cell have merged; where a run forks, a cell has divided, or
cells have separated. In a movie without contact, runs are tracks.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from podia.tracking.cells import Cells, Integers, Overlaps

_SAME = 0.25
"""Minimum overlap of two regions in successive frames for an edge, as a fraction of the smaller one."""


@dataclass(frozen=True)
class Runs:
    """R runs of regions, and E edges from the end of one to the start of another.

    Parameters
    ----------
    of_row
        ``(N,)`` the run of each region.
    first, last
        ``(R,)`` first and last row of each run.
    earlier, later
        ``(E,)`` the runs connected by each edge.
    common
        ``(E,)`` overlap as a fraction of the smaller region.
    next_row
        ``(N,)`` the next row of the run, -1 at its end.
    """

    of_row: Integers
    first: Integers
    last: Integers
    earlier: Integers
    later: Integers
    common: NDArray[np.float64]
    next_row: Integers

    def __len__(self) -> int:
        return len(self.first)

    def rows(self, run: int) -> Integers:
        """Return the rows of `run`, in order."""
        rows = [int(self.first[run])]
        while self.next_row[rows[-1]] >= 0:
            rows.append(int(self.next_row[rows[-1]]))
        return np.array(rows, dtype=np.int64)

    def entangled(self) -> Iterator[Integers]:
        """Yield groups of runs connected by edges, ascending, without isolated runs."""
        n = len(self)
        graph = csr_array((np.ones(len(self.earlier)), (self.earlier, self.later)), shape=(n, n))
        _, group = connected_components(graph, directed=False)
        order = np.argsort(group, kind="stable")
        for runs in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
            if len(runs) > 1:
                yield np.sort(runs).astype(np.int64)


def find_runs(cells: Cells, overlaps: Overlaps) -> Runs:
    """Find the runs of the regions in `cells`."""
    n = len(cells)
    smaller = np.minimum(cells.area[overlaps.earlier], cells.area[overlaps.later])
    common = overlaps.pixels / np.maximum(smaller, 1)
    strong = common >= _SAME
    earlier, later, common = overlaps.earlier[strong], overlaps.later[strong], common[strong]
    n_after, n_before = np.bincount(earlier, minlength=n), np.bincount(later, minlength=n)
    simple = (n_after[earlier] == 1) & (n_before[later] == 1)
    next_row = np.full(n, -1, np.int64)
    next_row[earlier[simple]] = later[simple]
    is_first = np.ones(n, bool)
    is_first[later[simple]] = False
    first = np.flatnonzero(is_first)
    of_row, last = np.full(n, -1, np.int64), first.copy()
    rows, runs = first, np.arange(len(first))
    while len(rows):  # advance all runs together
        of_row[rows] = runs
        last[runs] = rows
        onward = next_row[rows] >= 0
        rows, runs = next_row[rows[onward]], runs[onward]
    return Runs(
        of_row=of_row,
        first=first,
        last=last,
        earlier=of_row[earlier[~simple]],
        later=of_row[later[~simple]],
        common=common[~simple],
        next_row=next_row,
    )
