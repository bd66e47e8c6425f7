"""Costs of links between successive frames or across a gap."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from podia.tracking.assignment import NO_LINK_COST, Candidates
from podia.tracking.cells import Cells, Floats, Integers, Overlaps
from podia.tracking.config import TrackingConfig


def frame_candidates(
    cells: Cells, overlaps: Overlaps, frame: int, max_distance: float, config: TrackingConfig
) -> Candidates:
    """Return the possible links from `frame` to the next: cells within `max_distance` px, or overlapping.

    The cost is ``(1 - w) d^2 + w (1 - IoU) + s min(1, ln(a / b)^2)``, with ``d`` the distance relative to the maximum,
    ``w`` the weight of overlap, ``s`` that of size, and ``a, b`` the areas.
    """
    earlier, later, iou = overlapping_or_near(cells, overlaps, frame, max_distance)
    cost = link_costs(cells, earlier, later, iou, max_distance, config)
    near = cost < NO_LINK_COST
    return Candidates(earlier[near], later[near], cost[near])


def link_costs(
    cells: Cells, earlier: Integers, later: Integers, iou: Floats, max_distance: float, config: TrackingConfig
) -> Floats:
    """Return the costs of links; see :func:`frame_candidates`. Links with a cost of 1 or more are impossible."""
    distance = np.hypot(*(cells.stable[later] - cells.stable[earlier]).T) / max_distance
    weight = config.overlap_weight
    cost = (1 - weight) * distance**2 + weight * (1 - iou)
    cost += config.size_weight * size_change(cells, earlier, later)
    return np.asarray(cost)


def overlapping_or_near(
    cells: Cells, overlaps: Overlaps, frame: int, max_distance: float
) -> tuple[Integers, Integers, Floats]:
    """Return pairs of rows of `frame` and the next that overlap or are within `max_distance` px, and their IoU."""
    earlier, later = pairs_within(cells, cells.rows(frame), cells.rows(frame + 1), max_distance)
    start, stop = np.searchsorted(overlaps.earlier, [cells.first[frame], cells.first[frame + 1]])
    earlier = np.concatenate([earlier, overlaps.earlier[start:stop]])
    later = np.concatenate([later, overlaps.later[start:stop]])
    shared = np.concatenate([np.zeros(len(earlier) - (stop - start)), overlaps.pixels[start:stop]])
    pairs, pair_of = np.unique(np.stack([earlier, later], axis=1), axis=0, return_inverse=True)
    earlier, later = pairs[:, 0], pairs[:, 1]
    shared = np.bincount(pair_of.ravel(), weights=shared, minlength=len(pairs))
    return earlier, later, shared / (cells.area[earlier] + cells.area[later] - shared)


def gap_candidates(
    cells: Cells, ends: Integers, starts: Integers, max_distance: float, config: TrackingConfig
) -> Candidates:
    """Return the possible links from `ends` to `starts` (rows, ascending) across 1 to ``gap_max_frames`` frames.

    A missed cell has mostly rounded up or lost focus without moving, so the maximum distance does not grow with the
    gap.
    """
    reach = max_distance * config.gap_distance_factor
    found = [
        pairs_within(
            cells, ends[cells.frame[ends] == frame], starts[cells.frame[starts] == frame + step], reach
        )
        for frame in np.unique(cells.frame[ends])
        for step in range(2, config.gap_max_frames + 2)
    ]
    if not found:
        return Candidates.from_rows([])
    earlier, later = (np.concatenate(rows) for rows in zip(*found, strict=True))
    distance = np.hypot(*(cells.stable[later] - cells.stable[earlier]).T) / reach
    cost = distance**2 + config.size_weight * size_change(cells, earlier, later)
    near = cost < NO_LINK_COST
    return Candidates(earlier[near], later[near], cost[near])


def size_change(cells: Cells, earlier: Integers, later: Integers) -> Floats:
    """Return the squared logarithm of the ratio of areas, at most 1.

    Cells that enter over the edge of the frame, or whose mask breaks, change tenfold; that must not rule out a link.
    """
    changes: Floats = np.log(cells.area[later] / cells.area[earlier]) ** 2
    return np.minimum(changes, 1.0)


def pairs_within(
    cells: Cells, earlier: Integers, later: Integers, distance: float
) -> tuple[Integers, Integers]:
    """Return the pairs of rows whose stable centroids are at most `distance` px apart."""
    if len(earlier) == 0 or len(later) == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    near = cKDTree(cells.stable[earlier]).query_ball_tree(cKDTree(cells.stable[later]), distance)
    counts = [len(partners) for partners in near]
    partners = np.array([one for partners in near for one in sorted(partners)], dtype=np.int64)
    return np.repeat(earlier, counts), later[partners]
