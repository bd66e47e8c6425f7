from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from podia.data.errors import MovieReadError
from podia.evaluation.evaluate import evaluate
from podia.evaluation.precision_recall import (
    CURVE_COLUMNS,
    MAX_THRESHOLDS,
    ScoredFrame,
    curve_scores,
    precision_recall,
)
from podia.evaluation.report import write_evaluation

TRUTH = pd.DataFrame({"frame": [0, 0, 1, 1], "y": [10.0, 50, 10, 50], "x": [10.0, 10, 10, 10]})


def detections() -> pd.DataFrame:
    """Three of four cells, the surer the nearer, and two false ones of which one is surer than the last cell."""
    return pd.DataFrame(
        {
            "frame": [0, 0, 1, 0, 1],
            "y": [10.0, 51, 12, 90, 90],
            "x": [10.0, 10, 10, 90, 90],
            "score": [0.9, 0.8, 0.3, 0.5, 0.1],
        }
    )


def frame(truth: list[list[float]], found: list[list[float]], scores: list[float]) -> ScoredFrame:
    return ScoredFrame(
        np.array(truth, float).reshape(-1, 2),
        np.array(found, float).reshape(-1, 2),
        np.array(scores, float),
        np.zeros(len(scores), bool),
    )


def test_each_threshold_is_counted_as_if_the_rest_had_never_been_found() -> None:
    curve = evaluate(TRUTH, detections()).precision_recall
    assert tuple(curve.columns) == CURVE_COLUMNS
    assert curve["threshold"].tolist() == [0.1, 0.3, 0.5, 0.8, 0.9]
    assert curve["tp"].tolist() == [3, 3, 2, 2, 1]
    assert curve["fp"].tolist() == [2, 1, 1, 0, 0]
    assert curve["fn"].tolist() == [1, 1, 2, 2, 3]
    assert curve["mean_distance_px"].tolist() == pytest.approx([1.0, 1.0, 0.5, 0.5, 0.0])


def test_the_best_f_is_that_of_one_threshold_and_f_itself_that_of_all_detections() -> None:
    scores = evaluate(TRUTH, detections()).scores
    assert scores["F"] == pytest.approx(2 * 3 / (2 * 3 + 2 + 1))
    assert scores["best_F"] == pytest.approx(2 * 3 / (2 * 3 + 1 + 1))
    assert scores["best_threshold"] == 0.3
    # Recall 1/4 and 2/4 at precision 1, then 3/4 at 3/4.
    assert scores["average_precision"] == pytest.approx(0.5 + 0.25 * 0.75)


def test_perfect_scored_detections_have_the_whole_area() -> None:
    scores = evaluate(TRUTH, TRUTH.assign(score=[0.4, 0.3, 0.2, 0.1])).scores
    assert scores["average_precision"] == 1.0
    assert scores["best_F"] == 1.0


def test_without_scores_there_is_no_curve() -> None:
    found = evaluate(TRUTH, detections().drop(columns="score"))
    assert found.precision_recall.empty
    assert np.isnan(found.scores["best_F"])
    assert found.scores["F"] == pytest.approx(2 / 3)


def test_scores_of_the_truth_are_of_no_account() -> None:
    assert evaluate(TRUTH.assign(score=1.0), detections().drop(columns="score")).precision_recall.empty


def test_many_scores_make_few_thresholds() -> None:
    rng = np.random.default_rng(0)
    found = rng.uniform(0, 500, (400, 2))
    curve = precision_recall([frame([[5, 5]], found.tolist(), rng.random(400).tolist())], 10.0)
    assert len(curve) == MAX_THRESHOLDS


def test_detections_without_truth_have_no_recall() -> None:
    curve = precision_recall([frame([], [[1, 1]], [0.5])], 10.0)
    assert curve["localisation_precision"].tolist() == [0.0]
    assert curve["localisation_recall"].isna().all()
    assert curve_scores(precision_recall([], 10.0)) == {}


def test_the_page_draws_the_curve_and_its_data_lie_beside_it(tmp_path: Path) -> None:
    found = evaluate(TRUTH, detections())
    page = write_evaluation(found, tmp_path).read_text(encoding="utf-8")
    assert "Precision and recall by threshold" in page
    assert page.count("<circle") == 5
    assert 'class="best"' in page
    table = pd.read_csv(tmp_path / "precision_recall.csv")
    pd.testing.assert_frame_equal(table, found.precision_recall)
    plain = write_evaluation(evaluate(TRUTH, TRUTH), tmp_path / "plain").read_text(encoding="utf-8")
    assert "best_F" not in plain
    assert not (tmp_path / "plain" / "precision_recall.csv").exists()


def test_a_csv_keeps_its_scores_and_a_score_that_is_no_number_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "found.csv"
    detections().to_csv(path, index=False)
    assert evaluate(TRUTH, path).scores["best_threshold"] == 0.3
    path.write_text("frame,y,x,score\n0,10,10,high\n")
    with pytest.raises(MovieReadError, match="score 'high'"):
        evaluate(TRUTH, path)


def test_what_is_undefined_at_a_threshold_is_said_so(tmp_path: Path) -> None:
    surest_is_wrong = detections().assign(score=[0.5, 0.4, 0.3, 0.9, 0.1])
    page = write_evaluation(evaluate(TRUTH, surest_is_wrong), tmp_path).read_text(encoding="utf-8")
    assert ">undefined</td>" in page  # the mean distance of no right detection
    assert ">nan" not in page
