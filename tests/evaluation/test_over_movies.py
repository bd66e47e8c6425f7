"""Several movies: scores, and two results, over movies."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from podia.data.movie import LabelMovie
from podia.evaluation.comparison import compare_results
from podia.evaluation.evaluate import evaluate
from podia.evaluation.intervals import pool_movies
from podia.evaluation.result import Evaluation
from podia.evaluation.score_text import as_json_text, as_text
from podia.testing.small_movies import crawling_discs

LABELS = LabelMovie.from_array(crawling_discs(2))
MEASURED = evaluate(LABELS, LABELS, measures=["SEG"])


def with_scores(**scores: float) -> Evaluation:
    """Return an evaluation that knows these scores alone."""
    return replace(MEASURED, scores=dict.fromkeys(MEASURED.scores, math.nan) | scores)


def test_movies_count_alike_and_their_interval_is_students() -> None:
    values = [0.90, 0.94, 0.95]
    pooled = pool_movies([with_scores(SEG=value) for value in values])["SEG"]
    expected = stats.ttest_1samp(values, 0).confidence_interval()
    assert pooled.mean == pytest.approx(np.mean(values))
    assert (pooled.low, pooled.high) == pytest.approx((expected.low, expected.high))


def test_of_one_movie_or_movies_alike_nothing_is_known_about_how_movies_differ() -> None:
    one = with_scores(SEG=0.9)
    for movies in ([one], [one, one]):
        pooled = pool_movies(movies)["SEG"]
        assert pooled.mean == 0.9
        assert math.isnan(pooled.low)


def over_movies(name: str, ones: Sequence[float], others: Sequence[float]) -> pd.Series:
    """Return the comparison of two results with these scores on movies."""
    evaluations = [[with_scores(**{name: value}) for value in values] for values in (ones, others)]
    return compare_results(*evaluations).query("over == 'movies'").iloc[0]


def test_over_movies_a_comparison_is_the_paired_t_test() -> None:
    ones, others = [0.90, 0.80, 0.85], [0.88, 0.79, 0.835]
    row = over_movies("SEG", ones, others)
    expected = stats.ttest_rel(ones, others)
    assert row["p_value"] == pytest.approx(expected.pvalue)
    assert row["low"] == pytest.approx(expected.confidence_interval().low)
    assert (row["p_value"] < 0.05, row["better"]) == (True, "one")


@pytest.mark.parametrize("others", [[0.80, 0.75], [0.78, 0.70]], ids=["by the same", "by unlike amounts"])
def test_two_movies_say_little_of_which_is_better(others: list[float]) -> None:
    row = over_movies("SEG", [0.82, 0.77], others)
    assert row["better"] == ""
    assert not row["p_value"] < 0.05


def test_of_a_score_with_a_sign_the_smaller_is_better() -> None:
    row = over_movies("tip_length_bias", [-0.50, -0.48, -0.52], [0.01, 0.02, -0.01])
    assert row["better"] == "other"
    assert (row["one"], row["difference"] > 0) == (pytest.approx(0.5), True)


def test_a_score_without_direction_has_no_better() -> None:
    row = over_movies("best_threshold", [0.30, 0.31, 0.32], [0.70, 0.71, 0.725])
    assert (row["p_value"] < 0.05, row["better"]) == (True, "")


def test_a_comparison_without_interval_is_json_and_text() -> None:
    ones = [with_scores(SEG=0.9)] * 2
    others = [with_scores(SEG=0.8)] * 2
    table = compare_results(ones, others).query("over == 'movies'")
    assert json.loads(as_json_text(ones, comparison=table))["comparison"][0]["low"] is None
    assert "no interval over 2 movies" in as_text(ones, comparison=table)
