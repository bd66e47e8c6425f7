"""The linear assignment problem of Jaqaman et al. (Nature Methods 2008), as laptrack builds and solves it.

laptrack's own classes compare every cell with every other through a Python function; handing its matrices
only the pairs that are near enough makes the cost grow with the number of cells. All use of laptrack is here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import coo_matrix

from podia.tracking.cells import Floats, Integers

NO_LINK_COST = 1.0
"""Costs are scaled so that a link of this cost is as bad as no link."""


@dataclass(frozen=True)
class Candidates:
    """K possible links between things numbered from 0: the first, the second, and the cost, 0 to below 1."""

    first: Integers
    second: Integers
    cost: Floats

    def __len__(self) -> int:
        return len(self.cost)

    @classmethod
    def from_rows(cls, rows: list[tuple[int, int, float]]) -> Candidates:
        """Return the candidates in `rows` (first, second, cost)."""
        if not rows:
            return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        first, second, cost = zip(*rows, strict=True)
        return cls(np.array(first, np.int64), np.array(second, np.int64), np.array(cost, np.float64))


def link_one_to_one(candidates: Candidates) -> tuple[Integers, Integers]:
    """Return the cheapest set of links between the cells of two frames, each cell in at most one."""
    from laptrack._cost_matrix import build_frame_cost_matrix
    from laptrack._optimization import lap_optimization

    if len(candidates) == 0:
        return candidates.first, candidates.second
    rows, row_of = np.unique(candidates.first, return_inverse=True)
    columns, column_of = np.unique(candidates.second, return_inverse=True)
    costs = coo_matrix((candidates.cost, (row_of, column_of)), shape=(len(rows), len(columns)))
    matrix = build_frame_cost_matrix(costs, track_start_cost=NO_LINK_COST, track_end_cost=NO_LINK_COST)
    partner, _ = lap_optimization(matrix)
    linked = np.flatnonzero(partner[: len(rows)] < len(columns))
    return rows[linked], columns[partner[linked]]


@dataclass(frozen=True)
class SegmentLinks:
    """What becomes of the segments that linking frame by frame left: pairs ``(K, 2)``.

    Parameters
    ----------
    gaps
        Segment that ends, segment that continues it.
    divisions
        Segment that starts, cell that it splits from.
    merges
        Segment that ends, cell that it goes up in.
    """

    gaps: Integers
    divisions: Integers
    merges: Integers


def link_segments(
    n_segments: int, gaps: Candidates, divisions: Candidates, merges: Candidates
) -> SegmentLinks:
    """Return the cheapest joint choice of gaps to close, divisions and merges.

    Every segment starts at most one way and ends at most one way; a cell takes part in at most one division
    and one merge.
    """
    from laptrack._cost_matrix import build_segment_cost_matrix
    from laptrack._optimization import lap_optimization

    nothing = np.zeros((0, 2), np.int64)
    if len(gaps) + len(divisions) + len(merges) == 0:
        return SegmentLinks(nothing, nothing, nothing)
    parents, parent_of = np.unique(divisions.second, return_inverse=True)
    survivors, survivor_of = np.unique(merges.second, return_inverse=True)
    matrix = build_segment_cost_matrix(
        coo_matrix((gaps.cost, (gaps.first, gaps.second)), shape=(n_segments, n_segments)),
        coo_matrix((divisions.cost, (divisions.first, parent_of)), shape=(n_segments, len(parents))),
        coo_matrix((merges.cost, (merges.first, survivor_of)), shape=(n_segments, len(survivors))),
        *[NO_LINK_COST] * 4,
    )
    partner, _ = lap_optimization(matrix)
    ends = np.arange(n_segments)
    after, before = partner[:n_segments], partner[n_segments : n_segments + len(parents)]
    closed = after < n_segments
    merged = (after >= n_segments) & (after < n_segments + len(survivors))
    divided = before < n_segments
    return SegmentLinks(
        gaps=np.stack([ends[closed], after[closed]], axis=1),
        divisions=np.stack([before[divided], parents[divided]], axis=1),
        merges=np.stack([ends[merged], survivors[after[merged] - n_segments]], axis=1),
    )
