"""Best compatible set of links and divisions: options that use the same cell exclude each other.

This is a set packing problem, which separates into small independent ones. Options without competitors are always
selected, small groups are solved by enumeration, and larger groups with HiGHS as an integer program.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csc_array, csr_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_BATCH = 200
"""Maximum number of options in an integer program, unless a single group has more."""
_FEW = 12
"""Maximum size of a group that is enumerated, which is faster than an integer program."""


def best_packing(gains: Floats, uses: Sequence[Integers]) -> NDArray[np.bool_]:
    """Select from K options so that the sum of `gains` is maximal and no item is used twice.

    Parameters
    ----------
    gains
        ``(K,)``; options without a gain are never selected.
    uses
        Arrays ``(K,)`` of the items used by each option, from 0; -1 for none.
    """
    taken = gains > 0
    options = np.flatnonzero(taken)
    if len(options) == 0:
        return taken
    used = np.stack([one[options] for one in uses])
    column, row = np.nonzero((used >= 0).T)
    _, thing = np.unique(used.T[column, row], return_inverse=True)
    matrix = csr_array((np.ones(len(thing)), (thing, column)), shape=(int(thing.max()) + 1, len(options)))
    contested = matrix.sum(axis=1) > 1
    competing = np.unique(column[contested[thing]])
    if len(competing) == 0:
        return taken
    contest = csc_array(matrix[:, competing][contested])
    _, group = connected_components(contest.T @ contest, directed=False)
    small = np.bincount(group)[group] <= _FEW
    wants = _bits(contest, group)
    for members in _groups(group, np.flatnonzero(small)):
        chosen = _best_of_few(gains[options[competing[members]]].tolist(), wants[members].tolist())
        taken[options[competing[members]]] = chosen
    for members in _batches(_groups(group, np.flatnonzero(~small))):
        solution = milp(
            -gains[options[competing[members]]],
            constraints=LinearConstraint(contest[:, members], -np.inf, 1),
            integrality=np.ones(len(members)),
            bounds=Bounds(0, 1),
        )
        taken[options[competing[members]]] = solution.x > 0.5
    return taken


def _batches(groups: Sequence[NDArray[np.intp]]) -> Iterator[NDArray[np.intp]]:
    """Combine `groups` into batches of up to :data:`_BATCH` options.

    Each program has overhead, and its cost grows faster than its size.
    """
    batch: list[NDArray[np.intp]] = []
    for group in groups:
        if batch and sum(map(len, batch)) + len(group) > _BATCH:
            yield np.concatenate(batch)
            batch = []
        batch.append(group)
    if batch:
        yield np.concatenate(batch)


def _groups(group: NDArray[np.int32], members: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """Return the members of each group, groups and members ascending."""
    order = members[np.argsort(group[members], kind="stable")]
    if len(order) == 0:
        return []
    return np.split(order, np.flatnonzero(np.diff(group[order])) + 1)


def _bits(contest: csc_array, group: NDArray[np.int32]) -> Integers:
    """Return the items used by each option, ``(K,)``, as bits within its group; for small groups."""
    group_of_thing = np.empty(contest.shape[0], np.int64)
    group_of_thing[contest.indices] = np.repeat(group, np.diff(contest.indptr))
    order = np.argsort(group_of_thing, kind="stable")
    before = np.cumsum(np.bincount(group_of_thing)) - np.bincount(group_of_thing)
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - before[group_of_thing[order]]
    bits = np.left_shift(1, np.minimum(place, 62))[contest.indices]
    wants: Integers = np.bitwise_or.reduceat(bits, contest.indptr[:-1])
    return wants


def _best_of_few(values: list[float], wants: list[int]) -> NDArray[np.bool_]:
    """Return the best packing of a few options by enumeration; `wants` are the items of each as bits."""
    hope = [sum(values[position:]) for position in range(len(values) + 1)]
    best, best_set = 0.0, 0

    def descend(position: int, used: int, gain: float, chosen: int) -> None:
        nonlocal best, best_set
        if gain > best:
            best, best_set = gain, chosen
        if position == len(values) or gain + hope[position] <= best:
            return
        if not used & wants[position]:
            descend(position + 1, used | wants[position], gain + values[position], chosen | 1 << position)
        descend(position + 1, used, gain, chosen)

    descend(0, 0, 0.0, 0)
    return np.array([bool(best_set >> position & 1) for position in range(len(values))])
