"""Joining of segments (runs of frame-to-frame links) by gap closing, divisions and merges."""

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
"""Number of frames before the division; the parent must be round in one of them."""


@dataclass(frozen=True)
class _Segments:
    """S segments: ``number`` of the segment of each row, and first and last row of each segment."""

    number: Integers
    first: Integers
    last: Integers

    @classmethod
    def of(cls, forest: Forest) -> _Segments:
        number = forest.segments()
        last = np.flatnonzero(forest.successor < 0)
        return cls(number, np.flatnonzero(forest.predecessor < 0), last[np.argsort(number[last])])


def join_segments(forest: Forest, cells: Cells, max_distance: float, config: TrackingConfig) -> None:
    """Close gaps and find divisions and merges in `forest`, which has frame-to-frame links only.

    They compete: a new cell is the end of a gap or a daughter, whichever costs less. Divisions hidden in a gap (a
    dividing cell rounds up and is often missed) are found afterwards.
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
    """Find the tracks in `forest` that merge into another one."""
    segments = _Segments.of(forest)
    merges = merge_candidates(cells, np.sort(segments.last), forest.predecessor, max_distance, config)
    nothing = Candidates.from_rows([])
    _apply(forest, segments, _solve(segments, nothing, nothing, merges))


def lasting(forest: Forest, cells: Cells, config: TrackingConfig) -> NDArray[np.bool_]:
    """Return whether each cell persists for the minimum duration of a daughter, or until the movie ends."""
    segments = _Segments.of(forest)
    last = cells.frame[segments.last[segments.number]]
    long_enough: NDArray[np.bool_] = last - cells.frame + 1 >= config.division_min_daughter_frames
    until_the_end: NDArray[np.bool_] = last == cells.n_frames - 1
    return long_enough | until_the_end


def recent_roundness(forest: Forest, cells: Cells) -> Floats:
    """Return the maximum solidity of each cell in its frame and the two before.

    A dividing cell is round, but its last mask often consists of two connected halves.
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
