"""The sparse linear assignment problem of Jaqaman et al. (Nature Methods 2008), solved with SciPy.

Only pairs within the maximum distance enter the cost matrix, so that its size is proportional to the number of cells.
The layout of the matrices follows laptrack's ``_cost_matrix.py`` (Copyright (c) 2021, Yohsuke T. Fukai, BSD-3-Clause,
see ``licenses/laptrack.txt``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import min_weight_full_bipartite_matching

from podia.tracking.cells import Floats, Integers

NO_LINK_COST = 1.0
"""Cost of not linking; link costs are scaled relative to it."""

_EPSILON = np.float32(1e-6)
"""Added to every cost: an explicit zero in a sparse matrix would not count as an entry."""


@dataclass(frozen=True)
class Candidates:
    """K candidate links: index of the first, index of the second, and cost, from 0 to below 1."""

    first: Integers
    second: Integers
    cost: Floats

    def __len__(self) -> int:
        return len(self.cost)

    def only(self, chosen: NDArray[np.bool_]) -> Candidates:
        """Return the candidates selected by `chosen` ``(K,)``."""
        return Candidates(self.first[chosen], self.second[chosen], self.cost[chosen])

    @classmethod
    def from_rows(cls, rows: list[tuple[int, int, float]]) -> Candidates:
        """Return the candidates in `rows` (first, second, cost)."""
        if not rows:
            return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        first, second, cost = zip(*rows, strict=True)
        return cls(np.array(first, np.int64), np.array(second, np.int64), np.array(cost, np.float64))


def link_one_to_one(candidates: Candidates) -> tuple[Integers, Integers]:
    """Return the cheapest set of links between the cells of two frames, each cell in at most one."""
    if len(candidates) == 0:
        return candidates.first, candidates.second
    rows, row_of = np.unique(candidates.first, return_inverse=True)
    columns, column_of = np.unique(candidates.second, return_inverse=True)
    n_rows, n_columns = len(rows), len(columns)
    partner = _cheapest_partners(
        n_rows + n_columns,
        (row_of, column_of, candidates.cost),
        _no_links(range(n_rows, n_rows + n_columns), range(n_columns)),
        _no_links(range(n_rows), range(n_columns, n_columns + n_rows)),
        (
            column_of + n_rows,
            row_of + n_columns,
            np.full(len(candidates), min(candidates.cost.min(), NO_LINK_COST)),
        ),
    )
    linked = np.flatnonzero(partner[: len(rows)] < len(columns))
    return rows[linked], columns[partner[linked]]


@dataclass(frozen=True)
class SegmentLinks:
    """Links between the segments of frame-to-frame linking: pairs ``(K, 2)``.

    Parameters
    ----------
    gaps
        Ending segment and the segment that continues it.
    divisions
        Starting segment and the cell that it splits from.
    merges
        Ending segment and the cell that it merges into.
    """

    gaps: Integers
    divisions: Integers
    merges: Integers


def link_segments(
    n_segments: int, gaps: Candidates, divisions: Candidates, merges: Candidates
) -> SegmentLinks:
    """Return the cheapest joint selection of gap closings, divisions and merges.

    Each segment has at most one link at its start and one at its end; a cell takes part in at most one division and one
    merge.
    """
    nothing = np.zeros((0, 2), np.int64)
    if len(gaps) + len(divisions) + len(merges) == 0:
        return SegmentLinks(nothing, nothing, nothing)
    parents, parent_of = np.unique(divisions.second, return_inverse=True)
    survivors, survivor_of = np.unique(merges.second, return_inverse=True)
    n_parents, n_survivors = len(parents), len(survivors)
    size = 2 * n_segments + n_parents + n_survivors
    row_of = np.concatenate([gaps.first, parent_of + n_segments, merges.first])
    column_of = np.concatenate([gaps.second, divisions.first, survivor_of + n_segments])
    partner = _cheapest_partners(
        size,
        (row_of, column_of, np.concatenate([gaps.cost, divisions.cost, merges.cost])),
        # Every start and end, and every parent and survivor, may also remain unlinked.
        _no_links(range(n_segments + n_parents, size), range(n_segments + n_survivors)),
        _no_links(range(n_segments + n_parents), range(n_segments + n_survivors, size)),
        (
            column_of + n_segments + n_parents,
            row_of + n_segments + n_survivors,
            np.full(len(row_of), NO_LINK_COST),
        ),
    )
    ends = np.arange(n_segments)
    after, before = partner[:n_segments], partner[n_segments : n_segments + n_parents]
    closed = after < n_segments
    merged = (after >= n_segments) & (after < n_segments + n_survivors)
    divided = before < n_segments
    return SegmentLinks(
        gaps=np.stack([ends[closed], after[closed]], axis=1),
        divisions=np.stack([before[divided], parents[divided]], axis=1),
        merges=np.stack([ends[merged], survivors[after[merged] - n_segments]], axis=1),
    )


_Entries = tuple[Integers, Integers, Floats]
"""Rows, columns and costs of a part of the matrix."""


def _no_links(rows: range, columns: range) -> _Entries:
    """Return the diagonal of costs for remaining unlinked."""
    return np.array(rows, np.int64), np.array(columns, np.int64), np.full(len(rows), NO_LINK_COST)


def _cheapest_partners(size: int, *parts: _Entries) -> Integers:
    """Return the column assigned to each row, at minimum total cost, of the square matrix composed of `parts`."""
    rows, columns, costs = (np.concatenate(side) for side in zip(*parts, strict=True))
    matrix = coo_array((costs.astype(np.float32) + _EPSILON, (rows, columns)), shape=(size, size))
    matched_rows, matched_columns = min_weight_full_bipartite_matching(matrix)
    return np.asarray(matched_columns[np.argsort(matched_rows)], dtype=np.int64)
