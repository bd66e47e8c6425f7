import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from podia.data.errors import InvalidInputError
from podia.evaluation.localisation import LocalisationCounts, localisation_counts, match_points

POINTS = arrays(np.float64, st.tuples(st.integers(0, 6), st.just(2)), elements=st.integers(0, 100).map(float))


def test_one_found_one_missed_one_false() -> None:
    counts = localisation_counts(np.array([[0.0, 0], [50, 50]]), np.array([[3.0, 4], [200, 200]]), cut_off=10)
    assert counts == LocalisationCounts(tp=1, fp=1, fn=1, distance_sum=5.0)
    assert counts.f_score == 0.5
    assert counts.mean_distance == 5.0


def test_a_detection_at_exactly_the_cut_off_counts_and_just_beyond_does_not() -> None:
    truth, found = np.array([[0.0, 0]]), np.array([[3.0, 4]])
    assert match_points(truth, found, 5.0) == [(0, 0)]
    assert match_points(truth, found, 4.999) == []


def test_two_truths_cannot_share_a_detection() -> None:
    counts = localisation_counts(np.array([[0.0, 0], [0, 2]]), np.array([[0.0, 1]]))
    assert (counts.tp, counts.fn) == (1, 1)


def test_detections_where_nobody_annotated_are_no_errors() -> None:
    unlabelled = np.zeros((100, 100), bool)
    unlabelled[:, 50:] = True
    truth, found = np.array([[10.0, 10], [10, 80]]), np.array([[10.0, 11], [10, 81], [60, 70], [60, 20]])
    counts = localisation_counts(truth, found, cut_off=5, unlabelled=unlabelled)
    assert (counts.tp, counts.fp, counts.fn) == (2, 1, 0)


def test_nothing_on_either_side_has_no_score() -> None:
    empty = np.zeros((0, 2))
    assert np.isnan(localisation_counts(empty, empty).f_score)
    assert localisation_counts(np.array([[1.0, 1]]), empty).f_score == 0


def test_a_cut_off_that_is_no_distance_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="positive distance, not 0"):
        match_points(np.zeros((1, 2)), np.zeros((1, 2)), 0)


@settings(max_examples=40, deadline=None)
@given(POINTS, POINTS)
def test_scores_are_symmetric_and_shift_with_both(truth: np.ndarray, found: np.ndarray) -> None:
    one = localisation_counts(truth, found, cut_off=20)
    other = localisation_counts(found, truth, cut_off=20)
    moved = localisation_counts(truth + 7, found + 7, cut_off=20)
    assert (one.tp, one.fp, one.fn) == (other.tp, other.fn, other.fp)
    assert one.distance_sum == pytest.approx(moved.distance_sum)


@settings(max_examples=20, deadline=None)
@given(POINTS)
def test_the_truth_itself_scores_one(points: np.ndarray) -> None:
    points = np.unique(points, axis=0)
    counts = localisation_counts(points, points[::-1])
    assert (counts.tp, counts.fp, counts.fn, counts.distance_sum) == (len(points), 0, 0, 0)
