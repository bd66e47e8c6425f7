import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from skimage.metrics import hausdorff_distance

from podia.data.errors import InvalidInputError
from podia.evaluation.boundary import boundary_scores, outline_of


def disc(radius: float, y: float = 40, x: float = 40, size: int = 80) -> np.ndarray:
    yy, xx = np.mgrid[:size, :size]
    return (yy - y) ** 2 + (xx - x) ** 2 <= radius**2


def test_a_disc_grown_by_three_pixels_is_three_pixels_off_everywhere() -> None:
    scores = boundary_scores(disc(20), disc(23), tolerance_px=2)
    assert scores.f_score < 0.1
    # Outlines are pixels, so a distance of 3 comes out between 2 and 4, and 3 on average within half a pixel.
    assert scores.mean_distance_px == pytest.approx(3, abs=0.5)
    assert scores.hausdorff95_px == pytest.approx(3, abs=1)
    assert boundary_scores(disc(20), disc(23), tolerance_px=4).f_score == 1


def test_one_bump_moves_the_f_score_little_and_the_distance_less_than_the_bump() -> None:
    bumpy = disc(20) | disc(4, 40, 62)
    scores = boundary_scores(disc(20), bumpy, tolerance_px=1)
    assert 0.8 < scores.f_score < 1
    assert scores.mean_distance_px < 1


def test_the_largest_distance_agrees_with_scikit_image() -> None:
    truth, result = disc(20), disc(15, 42, 45)
    expected = hausdorff_distance(outline_of(truth), outline_of(result))
    assert boundary_scores(truth, result).hausdorff95_px <= expected
    assert boundary_scores(truth, disc(20, 40, 50)).hausdorff95_px == pytest.approx(10, abs=1)


@settings(max_examples=20, deadline=None)
@given(st.integers(5, 15), st.integers(5, 15), st.integers(-5, 5), st.integers(0, 3))
def test_scores_are_symmetric_and_turn_with_the_frame(one: int, other: int, shift: int, turns: int) -> None:
    truth, result = disc(one), disc(other, 40 + shift, 40)
    scores = boundary_scores(truth, result)
    swapped = boundary_scores(result, truth)
    assert swapped.mean_distance_px == pytest.approx(scores.mean_distance_px)
    assert swapped.hausdorff95_px == pytest.approx(scores.hausdorff95_px)
    turned = boundary_scores(np.rot90(truth, turns), np.rot90(result, turns))
    assert turned.mean_distance_px == pytest.approx(scores.mean_distance_px)
    assert turned.f_score == pytest.approx(scores.f_score)


def test_the_truth_itself_is_perfect() -> None:
    scores = boundary_scores(disc(10), disc(10))
    assert (scores.f_score, scores.hausdorff95_px, scores.mean_distance_px) == (1, 0, 0)


def test_a_missed_cell_scores_zero_and_has_no_distance() -> None:
    scores = boundary_scores(disc(10), np.zeros((80, 80), bool))
    assert scores.f_score == 0
    assert np.isnan(scores.mean_distance_px)


def test_the_edge_of_the_frame_is_no_outline() -> None:
    half = np.zeros((20, 20), bool)
    half[:, :10] = True
    assert outline_of(half).sum() == 20


def test_an_empty_truth_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="no outline"):
        boundary_scores(np.zeros((5, 5), bool), np.ones((5, 5), bool))
