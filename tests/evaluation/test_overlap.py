import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import f1_score, jaccard_score, precision_score, recall_score

from podia.data.errors import InvalidInputError
from podia.evaluation.overlap import (
    AP_THRESHOLDS,
    CellCounts,
    cell_counts,
    cell_overlaps,
    match_cells,
    pixel_counts,
    pool,
)

LABELS = arrays(np.int32, (12, 13), elements=st.integers(0, 4))


def square(top: int, left: int, edge: int, value: int = 1, size: int = 40) -> np.ndarray:
    image = np.zeros((size, size), np.int32)
    image[top : top + edge, left : left + edge] = value
    return image


@settings(max_examples=40, deadline=None)
@given(LABELS, LABELS)
def test_pixel_scores_are_those_of_scikit_learn(truth: np.ndarray, result: np.ndarray) -> None:
    counts = pixel_counts(truth, result)
    true, found = (truth > 0).ravel(), (result > 0).ravel()
    assert np.nan_to_num(counts.iou) == pytest.approx(jaccard_score(true, found, zero_division=0))
    assert np.nan_to_num(counts.dice) == pytest.approx(f1_score(true, found, zero_division=0))
    assert np.nan_to_num(counts.precision) == pytest.approx(precision_score(true, found, zero_division=0))
    assert np.nan_to_num(counts.recall) == pytest.approx(recall_score(true, found, zero_division=0))


def test_half_shifted_squares_share_a_third() -> None:
    counts = pixel_counts(square(0, 0, 10), square(0, 5, 10))
    assert (counts.tp, counts.fp, counts.fn) == (50, 50, 50)
    assert counts.iou == pytest.approx(1 / 3)
    assert counts.dice == pytest.approx(1 / 2)


def test_two_empty_images_have_no_score() -> None:
    counts = pixel_counts(square(0, 0, 0), square(0, 0, 0))
    assert np.isnan([counts.iou, counts.dice, counts.precision, counts.recall]).all()


def test_pooled_scores_are_those_of_the_sums() -> None:
    pooled = pool(
        [pixel_counts(square(0, 0, 10), square(0, 0, 10)), pixel_counts(square(0, 0, 2), square(0, 0, 0))]
    )
    assert pooled.iou == pytest.approx(100 / 104)


def test_cells_shared_areas_are_counted() -> None:
    overlaps = cell_overlaps(square(0, 0, 4, 7), square(2, 2, 4, 9))
    assert overlaps.truth_labels.tolist() == [7]
    assert overlaps.shared.tolist() == [[4]]
    assert overlaps.iou[0, 0] == pytest.approx(4 / 28)


def test_a_cell_cut_in_two_halves_matches_only_one_of_them() -> None:
    truth = square(0, 0, 10)
    result = truth.copy()
    result[:5, :10] = 2
    counts = cell_counts(truth, result)
    assert counts.matched[0] == 1  # both halves have an IoU of exactly 0.5, and one cell is one cell
    assert counts.f1(0.5) == pytest.approx(2 / 3)
    assert counts.f1(0.75) == 0
    assert counts.panoptic_quality == pytest.approx(0.5 / 1.5)


def test_the_matching_with_more_pairs_wins_over_the_better_pair() -> None:
    iou = np.array([[0.9, 0.6], [0.6, 0.0]])

    class Fake:
        pass

    fake = Fake()
    fake.iou = iou
    assert sorted(match_cells(fake, 0.5)) == [(0, 1), (1, 0)]


def test_average_precision_falls_off_with_the_threshold() -> None:
    # 8 of 10 rows: IoU 0.8, matched at 0.50 ... 0.80, that is at 7 of 10 thresholds.
    truth, result = square(0, 0, 10), square(0, 0, 10)
    result[8:] = 0
    counts = cell_counts(truth, result)
    assert counts.matched == (1, 1, 1, 1, 1, 1, 1, 0, 0, 0)
    assert counts.mean_average_precision == pytest.approx(0.7)


def test_aggregated_jaccard_counts_false_cells_in_full() -> None:
    truth, result = square(0, 0, 10), square(0, 0, 10) + square(20, 20, 5, 2)
    assert cell_counts(truth, result).aggregated_jaccard == pytest.approx(100 / 125)


def test_a_result_without_cells_scores_zero_and_not_nan() -> None:
    counts = cell_counts(square(0, 0, 10), square(0, 0, 0))
    scores = (
        counts.f1(0.5),
        counts.mean_average_precision,
        counts.aggregated_jaccard,
        counts.panoptic_quality,
    )
    assert scores == (0, 0, 0, 0)


@settings(max_examples=30, deadline=None)
@given(LABELS)
def test_a_perfect_result_scores_one_everywhere(truth: np.ndarray) -> None:
    counts = cell_counts(truth, truth)
    if counts.n_truth:
        assert counts.matched == (counts.n_truth,) * len(AP_THRESHOLDS)
        assert counts.mean_average_precision == counts.aggregated_jaccard == 1
        assert counts.panoptic_quality == pytest.approx(1)


@settings(max_examples=30, deadline=None)
@given(LABELS, LABELS, st.permutations([1, 2, 3, 4]))
def test_names_of_labels_do_not_matter(truth: np.ndarray, result: np.ndarray, names: list[int]) -> None:
    renamed = np.array([0, *names], np.int32)[result]
    one, other = cell_counts(truth, result), cell_counts(truth, renamed)
    assert one.matched == other.matched
    assert one.mean_average_precision == pytest.approx(other.mean_average_precision, nan_ok=True)


@settings(max_examples=30, deadline=None)
@given(LABELS, LABELS)
def test_shifting_both_changes_nothing_and_matching_is_symmetric(
    truth: np.ndarray, result: np.ndarray
) -> None:
    shifted = [np.pad(image, ((3, 0), (0, 2))) for image in (truth, result)]
    assert cell_counts(*shifted) == cell_counts(truth, result)
    assert cell_counts(truth, result).matched == cell_counts(result, truth).matched


def test_counts_add_up() -> None:
    one = cell_counts(square(0, 0, 10), square(0, 0, 10))
    assert (one + one).n_truth == 2
    assert one + CellCounts() == one


def test_images_of_different_size_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"The truth is \(40, 40\) and the result \(20, 20\)"):
        pixel_counts(square(0, 0, 3), square(0, 0, 3, size=20))


def test_a_threshold_that_was_not_counted_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"There are no counts at IoU 0.51"):
        CellCounts().f1(0.51)
