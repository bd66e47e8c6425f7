"""Joint selection of links and divisions by their likelihood in the movie.

Strategy: links by distance and overlap give initial statistics of the movie; with these, links and divisions between
two frames are selected jointly (a dividing mother has no other link), and again with the updated statistics. Pairs of
frames share only the statistics and the past of each cell (its last step, its roundness, the duration of daughters), so
that time and memory are proportional to the number of cells. Gaps are closed last.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from podia.tracking.assignment import NO_LINK_COST
from podia.tracking.cells import Cells, Floats, Integers, Overlaps
from podia.tracking.choice import best_packing
from podia.tracking.config import TrackingConfig
from podia.tracking.forest import Forest
from podia.tracking.likelihood import Evidence
from podia.tracking.linking_constants import LINKING, LinkingConstants
from podia.tracking.links import link_costs, overlapping_or_near, pairs_within
from podia.tracking.segments import lasting, recent_roundness
from podia.tracking.statistics import measure_movie

_ROUNDS = 3
_SURELY_FOUND = 8.0
"""Minimum gain of a gap that counts against a division: cells are seldom missed."""


def link_by_likelihood(
    first: Forest,
    cells: Cells,
    overlaps: Overlaps,
    known: Forest,
    max_distance: float,
    frame_shape: tuple[int, int],
    config: TrackingConfig,
    constants: LinkingConstants = LINKING,
) -> Forest:
    """Return the most likely links, divisions and gaps.

    Parameters
    ----------
    first
        Initial links from frame to frame.
    known
        Links that are certain; they are kept.
    """
    forest = first
    reach = max_distance * config.gap_distance_factor
    options = _Options.of(cells, overlaps, known, max_distance, config)
    for _ in range(_ROUNDS):
        movie = measure_movie(cells, forest, max_distance, frame_shape, config.gap_max_frames + 1, constants)
        evidence = Evidence(cells, movie, config, constants)
        forest = _link_frames(evidence, options, forest, known, reach)
    _close_gaps(forest, evidence, reach)
    return forest


@dataclass(frozen=True)
class _Options:
    """Options between two frames: links from ``earlier`` to ``later`` with their IoU, and ``families`` ``(3, K)``."""

    earlier: Integers
    later: Integers
    iou: Floats
    families: Integers

    @classmethod
    def of(
        cls, cells: Cells, overlaps: Overlaps, known: Forest, max_distance: float, config: TrackingConfig
    ) -> _Options:
        frames = [
            overlapping_or_near(cells, overlaps, frame, max_distance) for frame in range(cells.n_frames - 1)
        ]
        nothing = (np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))
        earlier, later, iou = (np.concatenate(parts) for parts in zip(nothing, *frames, strict=True))
        free = (known.successor[earlier] < 0) & (known.predecessor[later] < 0)
        earlier, later, iou = earlier[free], later[free], iou[free]
        families = _families(earlier, later) if config.divisions else np.zeros((3, 0), np.int64)
        near = link_costs(cells, earlier, later, iou, max_distance, config) < NO_LINK_COST
        return cls(earlier[near], later[near], iou[near], families)


def _link_frames(
    evidence: Evidence, options: _Options, former: Forest, known: Forest, reach: float
) -> Forest:
    cells = evidence.cells
    forest = known.copy()
    earlier, later = options.earlier, options.later
    gains = evidence.link_gains(earlier, later, options.iou)
    lasts = lasting(former, cells, evidence.config)
    mother, one, other = options.families[:, lasts[options.families[1:]].all(axis=0)]
    births = evidence.division_gains(mother, one, other, recent_roundness(former, cells))
    again = _found_again(former, evidence, reach)
    births -= np.maximum(again[one], again[other])
    n_cells = len(cells)  # a cell as source and as target has different numbers
    taken = best_packing(
        np.concatenate([gains, births]),
        [
            np.concatenate([earlier, mother]),
            np.concatenate([later, one]) + n_cells,
            np.concatenate([np.full(len(earlier), -1, np.int64), other + n_cells]),
        ],
    )
    links, divided = taken[: len(gains)], taken[len(gains) :]
    forest.link(earlier[links], later[links])
    for row in np.flatnonzero(divided):
        forest.divide(
            int(mother[row]), *_nearer_first(cells, int(mother[row]), int(one[row]), int(other[row]))
        )
    return forest


def _families(earlier: Integers, later: Integers) -> Integers:
    """Return all mothers with two possible daughters, ``(3, K)``; `earlier` is ascending."""
    found = [np.zeros((3, 0), np.int64)]
    mothers, starts, counts = np.unique(earlier, return_index=True, return_counts=True)
    for n_children in np.unique(counts[counts > 1]):
        of_this_size = counts == n_children
        children = later[starts[of_this_size][:, None] + np.arange(n_children)]
        one, other = np.triu_indices(int(n_children), k=1)
        found.append(
            np.stack(
                [
                    np.repeat(mothers[of_this_size], len(one)),
                    children[:, one].ravel(),
                    children[:, other].ravel(),
                ]
            )
        )
    return np.concatenate(found, axis=1)


def _nearer_first(cells: Cells, mother: int, one: int, other: int) -> tuple[int, int]:
    distance = np.hypot(*(cells.stable[[one, other]] - cells.stable[mother]).T)
    return (one, other) if distance[0] <= distance[1] else (other, one)


def _close_gaps(forest: Forest, evidence: Evidence, reach: float) -> None:
    starts = forest.predecessor < 0
    starts[list(forest.second_daughter.values())] = False
    earlier, later, gains = _gaps(forest, np.flatnonzero(starts), evidence, reach)
    taken = best_packing(gains, [earlier, later + len(evidence.cells)])
    forest.link(earlier[taken], later[taken])


def _gaps(
    forest: Forest, starts: Integers, evidence: Evidence, reach: float
) -> tuple[Integers, Integers, Floats]:
    """Return the possible gaps between ends of `forest` and `starts`, and their gains."""
    cells = evidence.cells
    ends = np.flatnonzero(forest.successor < 0)
    found = [
        pairs_within(
            cells, ends[cells.frame[ends] == frame], starts[cells.frame[starts] == frame + step], reach
        )
        for frame in np.unique(cells.frame[ends])
        for step in range(2, evidence.config.gap_max_frames + 2)
    ]
    nothing = (np.zeros(0, np.int64), np.zeros(0, np.int64))
    earlier, later = (np.concatenate(rows) for rows in zip(nothing, *found, strict=True))
    return earlier, later, evidence.gap_gains(earlier, later)


def _found_again(former: Forest, evidence: Evidence, reach: float) -> Floats:
    """Return the evidence ``(N,)`` that each cell was lost some frames ago; 0 without such a cell.

    A cell that was missed for some frames beside another one is not its daughter.
    """
    starts = np.union1d(
        np.flatnonzero(former.predecessor < 0),
        np.array(list(former.second_daughter.values()), dtype=np.int64),
    )
    _, later, gains = _gaps(former, starts, evidence, reach)
    again = np.zeros(len(evidence.cells))
    np.maximum.at(again, later, gains - _SURELY_FOUND)
    return again
