"""Joining segments, the runs of cells that linking frame by frame gives: gaps, divisions, merges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.tracking.assignment import Candidates, SegmentLinks, link_segments
from podia.tracking.cells import Cells, Floats, Integers
from podia.tracking.config import TrackingConfig
from podia.tracking.divisions import division_candidates, merge_candidates
from podia.tracking.forest import Forest
from podia.tracking.links import gap_candidates

_ROUND_FRAMES = 3
"""Frames up to the division in one of which the parent must be round."""


@dataclass(frozen=True)
class _Segments:
    """S segments: ``number`` of each row's, and the first and last row of each."""

    number: Integers
    first: Integers
    last: Integers

    @classmethod
    def of(cls, forest: Forest) -> _Segments:
        number = forest.segments()
        last = np.flatnonzero(forest.successor < 0)
        return cls(number, np.flatnonzero(forest.predecessor < 0), last[np.argsort(number[last])])


def join_segments(forest: Forest, cells: Cells, max_distance: float, config: TrackingConfig) -> None:
    """Close gaps and find divisions and merges in `forest`, whose links are all from a frame to the next.

    They compete: a cell that appears is the end of a gap or a daughter, whichever is cheaper. Divisions
    hidden in a gap (a dividing cell rounds up and is often missed) are looked for afterwards.
    """
    segments = _Segments.of(forest)
    nothing = Candidates.from_rows([])
    gaps = gap_candidates(cells, np.sort(segments.last), segments.first, max_distance, config)
    divisions = merges = nothing
    lasts = lasting(forest, cells, config)
    was_round = recent_roundness(forest, cells) >= config.division_min_solidity
    if config.divisions:
        first_daughters = np.where(was_round & lasts[forest.successor], forest.successor, -1)
        daughters = segments.first[lasts[segments.first]]
        divisions = division_candidates(cells, daughters, first_daughters, max_distance, config)
    if config.merges:
        merges = merge_candidates(cells, np.sort(segments.last), forest.predecessor, max_distance, config)
    _apply(forest, segments, _solve(segments, gaps, divisions, merges))
    if config.divisions and len(gaps):
        find_late_divisions(forest, cells, max_distance, config)


def find_late_divisions(forest: Forest, cells: Cells, max_distance: float, config: TrackingConfig) -> None:
    """Find the divisions in `forest` that are hidden in a gap: one daughter is its end, the other starts beside it."""
    segments = _Segments.of(forest)
    lasts = lasting(forest, cells, config)
    across = (forest.successor >= 0) & (recent_roundness(forest, cells) >= config.division_min_solidity)
    across &= lasts[forest.successor] & (cells.frame[forest.successor] > cells.frame + 1)
    across[list(forest.second_daughter)] = False
    free = lasts[segments.first]
    free &= ~np.isin(segments.first, list(forest.second_daughter.values()))
    first_daughters = np.where(across, forest.successor, -1)
    late = division_candidates(cells, segments.first[free], first_daughters, max_distance, config)
    nothing = Candidates.from_rows([])
    _apply(forest, segments, _solve(segments, nothing, late, nothing))


def find_merges(forest: Forest, cells: Cells, max_distance: float, config: TrackingConfig) -> None:
    """Find the tracks in `forest` that go up in another one."""
    segments = _Segments.of(forest)
    merges = merge_candidates(cells, np.sort(segments.last), forest.predecessor, max_distance, config)
    nothing = Candidates.from_rows([])
    _apply(forest, segments, _solve(segments, nothing, nothing, merges))


def lasting(forest: Forest, cells: Cells, config: TrackingConfig) -> NDArray[np.bool_]:
    """Return whether each cell is seen from there on for as long as a daughter must be, or until the movie ends."""
    segments = _Segments.of(forest)
    last = cells.frame[segments.last[segments.number]]
    long_enough: NDArray[np.bool_] = last - cells.frame + 1 >= config.division_min_daughter_frames
    until_the_end: NDArray[np.bool_] = last == cells.n_frames - 1
    return long_enough | until_the_end


def recent_roundness(forest: Forest, cells: Cells) -> Floats:
    """Return the greatest solidity that each cell had in that frame and the two before.

    A dividing cell is round, but its very last mask is often that of two halves that hang together.
    """
    roundness = cells.solidity.copy()
    earlier = forest.predecessor
    for _ in range(_ROUND_FRAMES - 1):
        known = np.flatnonzero(earlier >= 0)
        roundness[known] = np.maximum(roundness[known], cells.solidity[earlier[known]])
        earlier = np.where(earlier >= 0, forest.predecessor[earlier], -1)
    return roundness


def _solve(segments: _Segments, gaps: Candidates, divisions: Candidates, merges: Candidates) -> SegmentLinks:
    number = segments.number
    return link_segments(
        len(segments.first),
        Candidates(number[gaps.first], number[gaps.second], gaps.cost),
        Candidates(number[divisions.first], divisions.second, divisions.cost),
        Candidates(number[merges.first], merges.second, merges.cost),
    )


def _apply(forest: Forest, segments: _Segments, links: SegmentLinks) -> None:
    forest.link(segments.last[links.gaps[:, 0]], segments.first[links.gaps[:, 1]])
    for start, parent in links.divisions.tolist():
        forest.second_daughter[parent] = int(segments.first[start])
    for end, survivor in links.merges.tolist():
        forest.survivor[int(segments.last[end])] = survivor
