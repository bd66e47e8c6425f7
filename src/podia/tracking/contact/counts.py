"""Number of cells in each region, determined jointly for connected regions.

Cells are conserved: the cells that enter a run of regions leave it, unless a cell divides, appears or disappears. Each
deviation from one cell per region has a cost, and the cheapest explanation of a group of runs is the solution of an
integer program (after Schiegg et al., ICCV 2013, "Conservation tracking"). A run may contain

- one cell, as nearly all do;
- several, whose masks are fused: each additional cell has a cost per frame, higher if it would be small;
- none, if it is a piece of the neighbouring cell: a cost per frame, not allowed for isolated regions.

Thus, two cells that are separate for long and fused for ten frames count as two, and a cell that is in pieces for ten
frames but not before and after counts as one. If a region forks that was never two, the cost of a division (low for a
round mother with similar daughters) is compared with that of two cells that were fused from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from podia.tracking.cells import Cells, Integers
from podia.tracking.contact.regions import Runs
from podia.tracking.contact.touching import MOST_LIKENESS

Floats = NDArray[np.float64]

MOST_CELLS = 6
"""Maximum number of cells in one region."""
_FUSED = 0.25
"""Cost of an additional cell in a region, per frame."""
_PIECE = 0.35
"""Cost of a piece, per frame."""
_FRAMES = 20
"""Frames after which the cost of a run no longer grows."""
_APART = 30.0
"""Cost of a piece that touches no cell in a fifth of its frames."""
_FROM_NOWHERE = 6.0
"""Cost of a cell that appears or disappears at the place of another region; lower for smaller overlap."""
_OVER_BORDER = 1.0
_LOOSE_END = 2.5
"""Cost of a piece without an observed split from its cell, and without an observed merge."""
_WITH_OTHERS = 1.5
"""Cost of each additional cell in a region that enters the field."""
_DIVISION = 5.0
_ROUND_MOTHER = 1.5
_LIKE_DAUGHTERS = 1.0
_SAME_TOTAL = 0.5
_LEAST_SPREAD = 0.5
_MOST_AREA_COST = 4.0
_EDGE_COST = 2.0
_NODES = 2000


@dataclass(frozen=True)
class Explanation:
    """Solution for a group of runs: ``cells`` in each run of the group, and ``flow`` over each of its edges.

    ``margin`` is the additional cost of the best explanation with another number of cells in a run, for runs without
    exactly one cell; NaN for others. ``divides`` are the runs that end in a division.
    """

    runs: Integers
    edges: Integers
    cells: Integers
    flow: Integers
    margin: Floats
    divides: Integers


@dataclass(frozen=True)
class RunFacts:
    """Features of R runs that determine their costs; lengths in frames, areas in px."""

    n_frames: Integers
    area: Floats
    touches: Floats
    """Fraction of frames in which the run touches another region."""
    likeness: Floats
    """Evidence that the run is one cell with a region that it touches, mean over frames; -4 (or apart) to 4."""
    roundness: Floats
    """Maximum solidity in the last three frames."""
    first_area: Floats
    last_area: Floats
    at_border: NDArray[np.bool_]
    """Whether the first and the last region touch the border of the frame, ``(R, 2)``."""
    begins_movie: NDArray[np.bool_]
    ends_movie: NDArray[np.bool_]
    usual_area: float
    spread: float


def run_facts(cells: Cells, runs: Runs, likeness: Floats, at_border: NDArray[np.bool_]) -> RunFacts:
    """Return the features of each run.

    Parameters
    ----------
    likeness
        ``(N,)`` evidence that a region is one cell with a region that it touches; NaN if it touches none.
    at_border
        ``(N,)`` whether a region touches the border of the frame.
    """
    n = len(runs)
    touches = np.isfinite(likeness)
    likeness = np.where(touches, likeness, -MOST_LIKENESS)
    order = np.lexsort((cells.frame, runs.of_row))
    cuts = np.flatnonzero(np.diff(runs.of_row[order])) + 1
    groups = np.split(order, cuts) if n else []
    length = np.bincount(runs.of_row, minlength=n)
    logs = np.log(cells.area)
    middle = float(np.median(logs)) if len(logs) else 0.0
    spread = 1.48 * float(np.median(np.abs(logs - middle))) if len(logs) else 0.0
    return RunFacts(
        n_frames=length.astype(np.int64),
        area=np.array([np.median(cells.area[rows]) for rows in groups]),
        touches=np.bincount(runs.of_row, weights=touches, minlength=n) / np.maximum(length, 1),
        likeness=np.bincount(runs.of_row, weights=likeness, minlength=n) / np.maximum(length, 1),
        roundness=np.array([cells.solidity[rows[-3:]].max() for rows in groups]),
        first_area=cells.area[runs.first],
        last_area=cells.area[runs.last],
        at_border=np.stack([at_border[runs.first], at_border[runs.last]], axis=1),
        begins_movie=cells.frame[runs.first] == 0,
        ends_movie=cells.frame[runs.last] == cells.n_frames - 1,
        usual_area=float(np.exp(middle)),
        spread=max(spread, _LEAST_SPREAD),
    )


def explain(group: Integers, runs: Runs, facts: RunFacts) -> Explanation | None:
    """Return the cheapest explanation of the runs of `group`; None if none is found."""
    program = _Program.of(group, runs, facts)
    best = program.solve()
    if best is None:
        return None
    cost, values = best
    cells = values[: len(group)]
    margin = np.full(len(group), np.nan)
    for position in np.flatnonzero(cells != 1):
        count = int(cells[position])
        # Which of two halves counts as the piece is arbitrary, so neither may be one.
        ruled_out = [position] if count > 1 else program.siblings(int(position))
        other = program.solve(forbidden=[(int(one), count) for one in ruled_out])
        margin[position] = np.inf if other is None else other[0] - cost
    return Explanation(
        runs=group,
        edges=program.edges,
        cells=cells,
        flow=values[program.edges_at : program.edges_at + len(program.edges)],
        margin=margin,
        divides=group[values[program.divisions_at :] > 0],
    )


def count_costs(run: int, facts: RunFacts) -> Floats:
    """Return the cost of 0, 1, ... :data:`MOST_CELLS` cells in a run."""
    frames = min(int(facts.n_frames[run]), _FRAMES)
    weight = min(1.0, facts.n_frames[run] / 5)
    number = np.arange(1, MOST_CELLS + 1)
    unusual = (np.log(facts.area[run] / number) - np.log(facts.usual_area)) / facts.spread
    area = weight * np.minimum(0.5 * unusual**2, _MOST_AREA_COST)
    piece = _PIECE * frames if facts.touches[run] >= 0.8 else _APART
    return np.concatenate([[piece + 0.5], area + _FUSED * frames * (number - 1)])


def _piece_doubts(position: int, source: Integers, target: Integers) -> float:
    """Return the additional cost of a piece: it should split from a cell and merge into the same cell."""
    from_whom, to_whom = source[target == position], target[source == position]
    siblings = np.setdiff1d(target[np.isin(source, from_whom)], [position])
    partners = np.setdiff1d(source[np.isin(target, to_whom)], [position])
    if len(from_whom) == 0 or len(to_whom) == 0:
        alone = len(siblings) + len(partners) == 0
        return _APART if alone else _LOOSE_END
    return 0.0 if len(np.intersect1d(siblings, partners)) else _APART


def _division_cost(run: int, children: Integers, facts: RunFacts) -> float:
    one, other = sorted(facts.first_area[children])[-2:]
    cost = _DIVISION
    cost -= _ROUND_MOTHER * float(np.clip((facts.roundness[run] - 0.85) / 0.08, -1, 1))
    cost -= _LIKE_DAUGHTERS * float(np.clip((one / other - 0.4) / 0.3, -1, 1))
    cost -= _SAME_TOTAL * float(np.clip(1 - abs(np.log((one + other) / facts.last_area[run])), -1, 1))
    return max(cost, 0.5)


@dataclass(frozen=True)
class _Program:
    """Integer program of a group.

    The variables are, in this order, counts (unary), edges, appearances, disappearances and divisions.

    The count of each run is encoded by ``MOST_CELLS + 1`` binary variables, so that costs may be any function of it.
    """

    group: Integers
    runs: Runs
    edges: Integers
    cost: Floats
    upper: Floats
    matrix: coo_array
    right: Floats

    @property
    def _n_switches(self) -> int:
        return len(self.group) * (MOST_CELLS + 1)

    @property
    def edges_at(self) -> int:
        """Index of the first edge flow in the result of :meth:`solve`."""
        return len(self.group)

    @property
    def divisions_at(self) -> int:
        """Index of the first division in the result of :meth:`solve`."""
        return len(self.group) + len(self.edges)

    @classmethod
    def of(cls, group: Integers, runs: Runs, facts: RunFacts) -> _Program:
        n, states = len(group), MOST_CELLS + 1
        edges = np.flatnonzero(np.isin(runs.earlier, group))
        source = np.searchsorted(group, runs.earlier[edges])
        target = np.searchsorted(group, runs.later[edges])
        n_in, n_out = np.bincount(target, minlength=n), np.bincount(source, minlength=n)
        n_edges = len(edges)
        comings = n * states + n_edges
        goings, divisions = comings + n, comings + 2 * n
        cost = np.zeros(divisions + n)
        upper = np.concatenate(
            [np.ones(n * states), np.full(n_edges + 2 * n, float(MOST_CELLS)), np.zeros(n)]
        )
        for position, run in enumerate(group):
            own = slice(position * states, (position + 1) * states)
            cost[own] = count_costs(int(run), facts)
            cost[own.start] += _piece_doubts(position, source, target)
            for at, end, mine in ((comings, 0, target == position), (goings, 1, source == position)):
                if mine.any():
                    common = float(runs.common[edges[mine]].max())
                    least = _OVER_BORDER if facts.at_border[run, end] else _FROM_NOWHERE / 2
                    cost[at + position] = least + (_FROM_NOWHERE - least) * common
            if n_in[position] == 0 and not facts.begins_movie[run]:
                cost[position * states + 2 : (position + 1) * states] += _WITH_OTHERS * np.arange(
                    1, states - 1
                )
            if n_out[position] > 1:
                upper[divisions + position] = 1.0
                children = group[target[source == position]]
                cost[divisions + position] = _division_cost(int(run), children, facts)
            else:
                cost[divisions + position] = 1.0
        cost[n * states : comings] = _EDGE_COST * (1 - runs.common[edges])
        number = np.tile(np.arange(states), n)
        of_run = np.repeat(np.arange(n), states)
        switch = np.arange(n * states)
        entries = [
            (of_run, switch, np.ones(n * states)),  # one number of cells per run
            (n + of_run, switch, number),  # cells in = cells contained
            (n + target, n * states + np.arange(n_edges), -np.ones(n_edges)),
            (n + np.arange(n), comings + np.arange(n), -np.ones(n)),
            (2 * n + of_run, switch, number),  # cells contained, plus one for a division = cells out
            (2 * n + np.arange(n), divisions + np.arange(n), np.ones(n)),
            (2 * n + source, n * states + np.arange(n_edges), -np.ones(n_edges)),
            (2 * n + np.arange(n), goings + np.arange(n), -np.ones(n)),
        ]
        row, column, value = (np.concatenate(parts) for parts in zip(*entries, strict=True))
        matrix = coo_array((value, (row, column)), shape=(3 * n, len(cost)))
        return cls(group, runs, edges, cost, upper, matrix, np.concatenate([np.ones(n), np.zeros(2 * n)]))

    def siblings(self, position: int) -> Integers:
        """Return the positions of the runs with the same origins or destinations as a run, including itself."""
        group, runs = self.group, self.runs
        earlier = np.searchsorted(group, runs.earlier[self.edges])
        later = np.searchsorted(group, runs.later[self.edges])
        of_parents = np.isin(earlier, earlier[later == position])
        of_children = np.isin(later, later[earlier == position])
        return np.unique(np.concatenate([[position], later[of_parents], earlier[of_children]]))

    def solve(self, forbidden: Sequence[tuple[int, int]] = ()) -> tuple[float, Integers] | None:
        """Return the minimum cost, counts, flows and divisions; `forbidden` positions and counts are excluded."""
        states = MOST_CELLS + 1
        upper = self.upper.copy()
        for position, count in forbidden:
            upper[position * states + count] = 0.0
        found = milp(
            self.cost,
            constraints=LinearConstraint(self.matrix.tocsr(), self.right, self.right),
            integrality=np.ones(len(self.cost)),
            bounds=Bounds(np.zeros(len(upper)), upper),
            options={"node_limit": _NODES},
        )
        if found.x is None:
            return None
        values = np.rint(found.x).astype(np.int64)
        counts = values[: self._n_switches].reshape(-1, states).argmax(axis=1)
        n_edges = len(self.edges)
        flows = values[self._n_switches : self._n_switches + n_edges]
        return float(found.fun), np.concatenate([counts, flows, values[-len(self.group) :]])
