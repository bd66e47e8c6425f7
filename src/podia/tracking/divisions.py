"""How plausible it is that a cell divided into two, or that two became one.

Daughters lie on either side of where their parent was, at similar distance and of similar size. On true tracks
of five cell types the distance from the parent to the middle between daughters is below 0.42 of the
daughters' distance in 95 % of divisions (median 0.2), while a stranger that appears beside a cell
leaves that cell where it was (0.45 and more). A cell rounds up before it divides; two touching cells whose masks
fused for a while, and then come apart, were not round.
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
    """Return the cells that each of `starts` may have split from, and the cost.

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
    """Return the cells that each of `ends` may have gone up in, and the cost: a division backwards in time."""
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
    """Return the cost of `whole` being what `one` and `other` are together; infinite where sizes rule it out.

    With ``m`` the distance from the whole to the middle between the parts over the parts' distance, and ``d``
    that from the whole to the other over the farthest one, it is ``(m / m_max)^2 + d^2``.
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
    """Return whether the areas of `one` and `other` allow that they are together what `whole` is."""
    smaller = np.minimum(cells.area[one], cells.area[other])
    larger = np.maximum(cells.area[one], cells.area[other])
    ratio = (smaller + larger) / cells.area[whole]
    fits: NDArray[np.bool_] = smaller >= config.division_min_size_ratio * larger
    fits &= (ratio >= config.division_min_area_ratio) & (ratio <= config.division_max_area_ratio)
    return fits


def _edge_factor(border_distance: Floats, penalty: float) -> Floats:
    """Return `penalty` on the edge, falling to 1 at the farthest step from it."""
    return 1 + (penalty - 1) * np.clip(1 - border_distance, 0, 1)
