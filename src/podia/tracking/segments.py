"""Joining segments, the runs of cells that linking frame by frame gives: gaps, divisions, merges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from podia.tracking.assignment import Candidates, SegmentLinks, link_segments
from podia.tracking.cells import Cells, Integers
from podia.tracking.config import TrackingConfig
from podia.tracking.divisions import division_candidates, merge_candidates
from podia.tracking.forest import Forest
from podia.tracking.links import gap_candidates


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
    if config.divisions:
        daughters = _lasting(segments, cells, segments.first, config)
        divisions = division_candidates(cells, daughters, forest.successor, max_distance, config)
    if config.merges:
        merges = merge_candidates(cells, np.sort(segments.last), forest.predecessor, max_distance, config)
    _apply(forest, segments, _solve(segments, gaps, divisions, merges))
    if config.divisions and len(gaps):
        across = np.where(cells.frame[forest.successor] > cells.frame + 1, forest.successor, -1)
        across[forest.successor < 0] = -1
        taken = np.isin(segments.first, list(forest.second_daughter.values()))
        free = segments.first[(forest.predecessor[segments.first] < 0) & ~taken]
        daughters = _lasting(segments, cells, free, config)
        late = division_candidates(cells, daughters, across, max_distance, config)
        _apply(forest, segments, _solve(segments, nothing, late, nothing))


def _lasting(segments: _Segments, cells: Cells, starts: Integers, config: TrackingConfig) -> Integers:
    """Return those of `starts` that are seen long enough to be a daughter, or until the movie ends."""
    last = cells.frame[segments.last[segments.number[starts]]]
    long_enough = last - cells.frame[starts] + 1 >= config.division_min_daughter_frames
    lasting: Integers = starts[long_enough | (last == cells.n_frames - 1)]
    return lasting


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
