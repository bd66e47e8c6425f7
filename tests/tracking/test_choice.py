"""The best packing is that of trying all."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

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
