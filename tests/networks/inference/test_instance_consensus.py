from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.networks.inference.instance_consensus import Instances, instance_consensus

SHAPE = (20, 24)


def look(*cells: tuple[float, slice, slice]) -> Instances:
    """Return a look at a frame that holds rectangles, each with its score; later ones lie on top."""
    seen = np.zeros((2, *SHAPE), np.float32)
    for number, (score, rows, columns) in enumerate(cells, start=1):
        seen[0, rows, columns] = number
        seen[1, rows, columns] = score
    return seen


def square(top: int, left: int, side: int = 6) -> tuple[slice, slice]:
    return slice(top, top + side), slice(left, left + side)


def outlines(consensus: Instances) -> list[NDArray[np.bool_]]:
    return [consensus[0] == number for number in np.unique(consensus[0]) if number]


def test_looks_that_agree_give_what_they_see_with_the_mean_score() -> None:
    looks = [look((score, *square(2, 3))) for score in (0.6, 0.8, 1.0)]
    found = instance_consensus(looks)
    assert np.array_equal(found[0] > 0, looks[0][0] > 0)
    assert np.unique(found[1]).tolist() == pytest.approx([0, 0.8])


@pytest.mark.parametrize(
    ("n_looks", "n_that_see", "kept"), [(3, 2, True), (3, 1, False), (4, 2, False), (2, 2, True)]
)
def test_a_cell_counts_that_more_than_half_of_the_looks_see(
    n_looks: int, n_that_see: int, kept: bool
) -> None:
    looks = [look((0.9, *square(2, 3))) if k < n_that_see else look() for k in range(n_looks)]
    assert bool(instance_consensus(looks).any()) == kept


def test_the_outline_is_that_of_most_members() -> None:
    shifted = [look((0.9, *square(2, 4 + shift))) for shift in (-1, 0, 1)]
    assert np.array_equal(instance_consensus(shifted), look((0.9, *square(2, 4))))


def test_touching_cells_stay_two_though_one_look_joins_them() -> None:
    apart = look((0.9, *square(4, 2)), (0.8, *square(4, 8)))
    joined = look((0.95, slice(4, 10), slice(2, 14)))
    found = instance_consensus([apart, apart, joined])
    assert [int(mask.sum()) for mask in outlines(found)] == [36, 36]
    # The joined one matches the first (IoU of a half) and adds to its score, but the others outvote its outline.
    assert np.array_equal(found[0] > 0, apart[0] > 0)


def test_each_look_gives_a_cell_once_and_to_the_surest_match() -> None:
    # The second look's cell overlaps both of the first; it goes to the one that is surer.
    first = look((0.7, slice(4, 10), slice(2, 8)), (0.9, slice(4, 10), slice(8, 14)))
    second = look((0.8, slice(4, 10), slice(4, 14)))
    found = instance_consensus([first, second])
    assert len(outlines(found)) == 1
    assert found[1].max() == pytest.approx(0.85)


def test_cells_are_numbered_from_the_surest_and_numbers_of_looks_do_not_matter() -> None:
    one = look((0.6, *square(1, 1)), (0.9, *square(10, 10)))
    other = look((0.9, *square(10, 10)), (0.6, *square(1, 1)))
    found = instance_consensus([one, other])
    assert found[0, 12, 12] == 1
    assert found[0, 3, 3] == 2


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 5), st.integers(0, 100))
def test_equal_looks_agree_on_every_cell_whatever_their_number(n: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    places = [(rng.uniform(0.1, 1), *square(*rng.integers(0, 14, 2))) for _ in range(3)]
    seen = look(*sorted(places, key=lambda cell: cell[0]))
    found = instance_consensus([seen] * n)
    assert np.allclose(found[1], seen[1])
    pairs = {(a, b) for a, b in zip(found[0].ravel(), seen[0].ravel(), strict=True)}
    assert len(pairs) == len(np.unique(seen[0]))


def test_nothing_and_other_sizes_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="not none"):
        instance_consensus([])
    with pytest.raises(InvalidInputError, match=r"\(2, 20, 24\), \(2, 4, 4\)"):
        instance_consensus([look(), np.zeros((2, 4, 4), np.float32)])
