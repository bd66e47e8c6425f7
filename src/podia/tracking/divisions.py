"""Costs of divisions and merges.

Daughters lie on either side of the parent's position, at similar distance and with similar size. In true tracks of five
cell types, the distance from the parent to the midpoint of the daughters is below 0.42 of the distance between them in
95 % of divisions (median 0.2). If an unrelated cell appears beside a cell, the latter does not move (0.45 and more). A
cell rounds up before it divides, whereas touching cells whose masks were fused are not round.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.tracking.assignment import NO_LINK_COST, Candidates
from podia.tracking.cells import Cells, Floats, Integers
from podia.tracking.config import TrackingConfig
from podia.tracking.links import pairs_within


def division_candidates(
    cells: Cells, starts: Integers, successor: Integers, max_distance: float, config: TrackingConfig
) -> Candidates:
    """Return the possible parents of each of `starts`, and the costs.

    The parent is a cell whose `successor` (the first daughter; -1 for none) is in the same frame as the start.
    """
    reach = max_distance * config.division_distance_factor
    parents = np.flatnonzero(successor >= 0)
    found = [
        pairs_within(
            cells,
            parents[cells.frame[successor[parents]] == frame],
            starts[cells.frame[starts] == frame],
            reach,
        )
        for frame in np.unique(cells.frame[starts])
    ]
    if not found:
        return Candidates.from_rows([])
    parent, second = (np.concatenate(rows) for rows in zip(*found, strict=True))
    cost = split_cost(cells, parent, successor[parent], second, max_distance, config)
    cost *= _edge_factor(cells.border_distance[second] / max_distance, config.division_border_penalty)
    plausible = cost < NO_LINK_COST
    return Candidates(second[plausible], parent[plausible], cost[plausible])


def merge_candidates(
    cells: Cells, ends: Integers, predecessor: Integers, max_distance: float, config: TrackingConfig
) -> Candidates:
    """Return the cells that each of `ends` may have merged into, and the costs: divisions backwards in time."""
    frames = np.unique(cells.frame[ends])
    found = [
        pairs_within(
            cells, ends[cells.frame[ends] == frame], _continued(cells, predecessor, frame + 1), max_distance
        )
        for frame in frames[frames < cells.n_frames - 1]
    ]
    if not found:
        return Candidates.from_rows([])
    lost, survivor = (np.concatenate(rows) for rows in zip(*found, strict=True))
    cost = split_cost(cells, survivor, predecessor[survivor], lost, max_distance, config)
    plausible = cost < NO_LINK_COST
    return Candidates(lost[plausible], survivor[plausible], cost[plausible])


def _continued(cells: Cells, predecessor: Integers, frame: int) -> Integers:
    rows = cells.rows(frame)
    rows = rows[predecessor[rows] >= 0]
    continued: Integers = rows[cells.frame[predecessor[rows]] == frame - 1]
    return continued


def split_cost(
    cells: Cells,
    whole: Integers,
    one: Integers,
    other: Integers,
    max_distance: float,
    config: TrackingConfig,
) -> Floats:
    """Return the cost of `whole` splitting into `one` and `other`; infinite if their sizes rule it out.

    The cost is ``(m / m_max)^2 + d^2``, with ``m`` the distance from `whole` to the midpoint of the parts divided by
    the distance between the parts, and ``d`` the distance from `whole` to `other` divided by the maximum distance.
    """
    middle = (cells.stable[one] + cells.stable[other]) / 2
    apart = np.hypot(*(cells.stable[one] - cells.stable[other]).T)
    asymmetry = np.hypot(*(middle - cells.stable[whole]).T) / np.maximum(apart, np.finfo(float).tiny)
    distance = np.hypot(*(cells.stable[other] - cells.stable[whole]).T)
    distance /= max_distance * config.division_distance_factor
    fits = sizes_fit(cells, whole, one, other, config)
    return np.where(fits, (asymmetry / config.division_max_asymmetry) ** 2 + distance**2, np.inf)


def sizes_fit(
    cells: Cells, whole: Integers, one: Integers, other: Integers, config: TrackingConfig
) -> NDArray[np.bool_]:
    """Return whether the areas of `one` and `other` are compatible with a split of `whole`."""
    smaller = np.minimum(cells.area[one], cells.area[other])
    larger = np.maximum(cells.area[one], cells.area[other])
    ratio = (smaller + larger) / cells.area[whole]
    fits: NDArray[np.bool_] = smaller >= config.division_min_size_ratio * larger
    fits &= (ratio >= config.division_min_area_ratio) & (ratio <= config.division_max_area_ratio)
    return fits


def _edge_factor(border_distance: Floats, penalty: float) -> Floats:
    """Return a factor that falls from `penalty` at the edge to 1 at the maximum distance from it."""
    return 1 + (penalty - 1) * np.clip(1 - border_distance, 0, 1)
