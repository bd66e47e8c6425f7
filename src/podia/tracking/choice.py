"""The best set of things that exclude each other: links and divisions that want the same cell.

It is a set packing problem. What competes with nothing is taken as it is; the rest, a few cells in a hundred, goes to
HiGHS as one integer program, whose relaxation is nearly always integral already.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]


def best_packing(gains: Floats, uses: Sequence[Integers]) -> NDArray[np.bool_]:
    """Return which of K options to take so that the sum of `gains` is greatest and nothing is used twice.

    Parameters
    ----------
    gains
        ``(K,)``; options without a gain are never taken.
    uses
        Arrays ``(K,)`` of what each option uses, numbers from 0; -1 for nothing.
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
    solution = milp(
        -gains[options[competing]],
        constraints=LinearConstraint(matrix[:, competing][contested], -np.inf, 1),
        integrality=np.ones(len(competing)),
        bounds=Bounds(0, 1),
    )
    taken[options[competing]] = solution.x > 0.5
    return taken
