"""The best packing is that of trying all."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import milp

from podia.tracking import choice
from podia.tracking.choice import best_packing


def best_by_trying(gains: list[float], uses: list[tuple[int, int]]) -> float:
    best = 0.0
    for taken in product((False, True), repeat=len(gains)):
        used = [thing for take, pair in zip(taken, uses, strict=True) if take for thing in pair if thing >= 0]
        if len(used) == len(set(used)):
            best = max(best, sum(gain for gain, take in zip(gains, taken, strict=True) if take))
    return best


@given(st.lists(st.tuples(st.integers(-5, 9), st.integers(0, 3), st.integers(-1, 3)), min_size=0, max_size=7))
@settings(max_examples=25, deadline=None)
def test_the_sum_of_gains_is_the_greatest_possible(options: list[tuple[int, int, int]]) -> None:
    gains = [float(gain) for gain, _, _ in options]
    uses = [(one, 4 + other if other >= 0 else -1) for _, one, other in options]
    first, second = (np.array([pair[side] for pair in uses], np.int64) for side in (0, 1))
    taken = best_packing(np.array(gains), [first, second])
    used = [thing for take, pair in zip(taken, uses, strict=True) if take for thing in pair if thing >= 0]
    assert len(used) == len(set(used))
    assert sum(np.array(gains)[taken]) == best_by_trying(gains, uses)


def test_options_without_a_gain_are_never_taken() -> None:
    assert not best_packing(np.array([0.0, -1.0, -np.inf]), [np.arange(3)]).any()


def test_programs_do_not_grow_with_the_number_of_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of 40 groups of 13 options is small; all together as one program would grow with the movie."""
    sizes = []

    def counted(costs: NDArray[np.float64], **rest: Any) -> Any:
        sizes.append(len(costs))
        return milp(costs, **rest)

    monkeypatch.setattr(choice, "milp", counted)
    group, place = np.divmod(np.arange(40 * 13), 13)
    taken = best_packing(np.ones(40 * 13), [14 * group + place, 14 * group + place + 1])
    assert taken.reshape(40, 13).sum(axis=1).tolist() == [7] * 40
    assert sum(sizes) == 40 * 13
    assert max(sizes) <= 200
