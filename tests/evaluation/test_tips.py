import numpy as np
import pandas as pd
import pytest

from podia.data.errors import InvalidInputError
from podia.evaluation.tips import tip_scores


def tips(*rows: tuple[int, int, float, float, float, int]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["frame", "track_id", "tip_y", "tip_x", "length", "protrusion_id"])


TRUTH = tips((0, 1, 10, 10, 50, 1), (1, 1, 10, 14, 54, 1), (2, 1, 10, 18, 58, 1), (0, 1, 90, 90, 30, 2))


def test_the_truth_itself_is_perfect() -> None:
    scores = tip_scores(TRUTH, TRUTH.sample(frac=1, random_state=0).reset_index(drop=True))
    assert (scores.f_score, scores.link_f_score, scores.length_bias, scores.length_spread) == (1, 1, 0, 0)


def test_numbers_of_cells_and_protrusions_do_not_matter() -> None:
    renamed = TRUTH.assign(track_id=7, protrusion_id=TRUTH["protrusion_id"] + 40)
    assert tip_scores(TRUTH, renamed).link_f_score == 1


def test_a_missed_and_a_false_tip_and_one_too_far() -> None:
    result = tips((0, 1, 11, 10, 55, 1), (1, 1, 10, 20, 54, 1), (2, 1, 10, 18, 58, 1), (2, 5, 70, 70, 40, 3))
    scores = tip_scores(TRUTH, result, cut_off_px=3)
    assert (scores.counts.tp, scores.counts.fp, scores.counts.fn) == (2, 2, 2)
    assert scores.median_length_error == pytest.approx(0.05)
    assert scores.per_cell.to_dict("records")[0]["tp"] == 1
    assert scores.per_cell.to_dict("records")[0]["fn"] == 1


def test_a_protrusion_that_changes_its_number_loses_a_step() -> None:
    broken = TRUTH.assign(protrusion_id=[1, 1, 9, 2])
    scores = tip_scores(TRUTH, broken)
    assert scores.f_score == 1
    assert (scores.link_counts.tp, scores.link_counts.fp, scores.link_counts.fn) == (1, 0, 1)


def test_lengths_that_are_all_a_tenth_too_long_are_a_bias_without_spread() -> None:
    scores = tip_scores(TRUTH, TRUTH.assign(length=TRUTH["length"] * 1.1))
    assert scores.length_bias == pytest.approx(0.1)
    assert scores.length_spread == pytest.approx(0, abs=1e-12)


def test_no_tips_found_scores_zero() -> None:
    scores = tip_scores(TRUTH, TRUTH.iloc[:0])
    assert scores.f_score == 0
    assert np.isnan(scores.length_bias)
    assert scores.per_cell["fn"].sum() == 4


def test_missing_columns_are_named() -> None:
    with pytest.raises(InvalidInputError, match=r"tips of the result lack the columns \['length'\]"):
        tip_scores(TRUTH, TRUTH.drop(columns="length"))
