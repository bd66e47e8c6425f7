import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.drift import Drift
from podia.data.errors import InvalidInputError

POINTS = np.array([[3.0, 4.0], [0.0, 0.0]])


def test_a_field_that_moved_down_puts_still_things_further_down() -> None:
    drift = Drift.from_shifts(np.array([[0.0, 0.0], [2.0, -1.0]]))
    np.testing.assert_allclose(drift.stabilise(1, POINTS), POINTS - [2.0, -1.0])
    np.testing.assert_allclose(drift.shifts, [[0, 0], [2, -1]])


def test_no_drift_leaves_positions_alone() -> None:
    np.testing.assert_array_equal(Drift.none(3).stabilise(2, POINTS), POINTS)


@settings(max_examples=30, deadline=None)
@given(st.floats(-50, 50), st.floats(-50, 50), st.floats(-0.5, 0.5))
def test_restoring_undoes_stabilising(y: float, x: float, angle: float) -> None:
    matrix = np.array([[np.cos(angle), -np.sin(angle), y], [np.sin(angle), np.cos(angle), x], [0, 0, 1]])
    drift = Drift(matrix[None])
    np.testing.assert_allclose(drift.restore(0, drift.stabilise(0, POINTS)), POINTS, atol=1e-9)


def test_matrices_of_another_size_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"\(T, 3, 3\)"):
        Drift(np.eye(3))


def test_infinite_shifts_are_refused() -> None:
    with pytest.raises(InvalidInputError, match="finite"):
        Drift.from_shifts(np.array([[np.nan, 0.0]]))
