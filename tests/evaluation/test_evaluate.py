import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.ndimage import shift as shift_image
from sklearn.metrics import f1_score, jaccard_score

from podia.data.calibration import Calibration
from podia.data.errors import ConfigurationError, InvalidInputError
from podia.data.length import Length
from podia.data.lineage import Lineage
from podia.data.movie import ArraySource, LabelMovie
from podia.evaluation.bootstrap import bootstrap_cells
from podia.evaluation.comparison import compare_results
from podia.evaluation.config import EvaluationConfig
from podia.evaluation.ctc_sequence import TrackedMovie
from podia.evaluation.evaluate import evaluate
from podia.evaluation.scores import GROUPS, SCORES
from podia.testing.small_movies import crawling_discs

LABELS = crawling_discs(5)
PER_FRAME = ["overlap", "instances", "boundary", "thin", "localisation"]


def tracked(labels: np.ndarray) -> TrackedMovie:
    rows = [
        (frame, label, label, *np.argwhere(image == label).mean(axis=0))
        for frame, image in enumerate(labels)
        for label in np.unique(image[image > 0]).tolist()
    ]
    nodes = pd.DataFrame(rows, columns=["frame", "label", "track_id", "y", "x"])
    return TrackedMovie(LabelMovie.from_array(labels), Lineage(nodes))


def eroded(labels: np.ndarray) -> np.ndarray:
    """Labels whose cells have lost one pixel on their right."""
    moved = np.roll(labels, -1, axis=2)
    return np.where(moved == labels, labels, 0).astype(labels.dtype)


@dataclass(frozen=True)
class CountingSource(ArraySource):
    reads: list[int] = field(default_factory=list)

    def read(self, frame: int) -> np.ndarray[Any, Any]:
        self.reads.append(frame)
        return super().read(frame)


def test_a_perfect_result_has_the_best_value_of_every_score() -> None:
    found = evaluate(tracked(LABELS), tracked(LABELS))
    assert found.measures == tuple(group for group in GROUPS if group != "tips")
    for score in SCORES:
        value = found.scores[score.name]
        if score.group in found.measures and score.group != "stability" and not math.isnan(value):
            assert value == score.best, score.name
    for name in ("SEG", "DET", "TRA", "LNK", "OP_CSB", "IoU", "Dice", "mAP", "PQ", "AJI", "boundary_F", "F"):
        assert found.scores[name] == 1, name


def test_keys_are_always_the_same_and_json_has_null_for_what_is_not_measured() -> None:
    found = evaluate(LabelMovie.from_array(LABELS), LabelMovie.from_array(LABELS), measures=["Dice", "SEG"])
    assert list(found.scores) == [score.name for score in SCORES]
    known = {name for name, value in found.scores.items() if not math.isnan(value)}
    assert known == {"Dice", "SEG"}
    values = found.as_dict()
    assert values["IoU"] is None
    assert values["Dice"] == 1.0
    assert {"SEG", "DET", "TRA", "IoU", "Dice", "precision", "recall", "F"} <= set(values)


def test_each_frame_is_read_once_for_all_measures_that_count_by_frame() -> None:
    truth, result = CountingSource(LABELS), CountingSource(LABELS)
    evaluate(LabelMovie(truth), LabelMovie(result), measures=PER_FRAME)
    assert truth.reads == result.reads == list(range(5))


def test_the_challenge_measures_read_each_frame_once_more() -> None:
    truth, result = CountingSource(LABELS), CountingSource(LABELS)
    evaluate(LabelMovie(truth), LabelMovie(result), measures=[*PER_FRAME, "ctc"])
    assert sorted(truth.reads) == sorted(result.reads) == sorted([*range(5), *range(5)])


def test_pooled_overlap_agrees_with_scikit_learn() -> None:
    result = eroded(LABELS)
    found = evaluate(LabelMovie.from_array(LABELS), LabelMovie.from_array(result), measures=["overlap"])
    flat = (LABELS > 0).ravel(), (result > 0).ravel()
    assert found.scores["IoU"] == pytest.approx(jaccard_score(*flat))
    assert found.scores["Dice"] == pytest.approx(f1_score(*flat))


def test_a_square_moved_by_two_px_has_the_scores_that_geometry_says() -> None:
    truth = np.zeros((1, 40, 40), np.int32)
    truth[0, 10:20, 10:20] = 3
    result = np.roll(truth, 2, axis=2) * 2
    found = evaluate(
        LabelMovie.from_array(truth),
        LabelMovie.from_array(result),
        EvaluationConfig(tolerance=Length(px=1.5)),
    )
    # 10 x 10 px, moved by 2: 80 px shared, 120 joined.
    assert found.scores["SEG"] == found.scores["IoU"] == pytest.approx(80 / 120)
    assert found.scores["precision"] == pytest.approx(0.8)
    assert found.scores["mean_distance_px"] == pytest.approx(2)
    # Of IoU 0.50 ... 0.95 the square passes 0.50, 0.55, 0.60, 0.65.
    assert found.scores["mAP"] == pytest.approx(0.4)
    assert found.scores["hausdorff95_px"] == pytest.approx(2)
    assert found.cells[["frame", "label", "result_label"]].to_numpy().tolist() == [[0, 3, 6]]


def test_permuted_labels_and_a_shift_of_both_change_nothing() -> None:
    result = eroded(LABELS)
    config = EvaluationConfig()
    one = evaluate(LabelMovie.from_array(LABELS), LabelMovie.from_array(result), config)
    other_names = np.array([0, 3, 40, 1, 2], np.int32)
    moved = [np.roll(a, (2, 1), (1, 2)) for a in (LABELS, other_names[result])]
    two = evaluate(LabelMovie.from_array(moved[0]), LabelMovie.from_array(moved[1]), config)
    for name, value in one.scores.items():
        assert two.scores[name] == pytest.approx(value, nan_ok=True, abs=1e-12), name


def test_boxed_boundary_and_thin_scores_are_those_of_the_whole_frame() -> None:
    from podia.evaluation.boundary import boundary_scores
    from podia.evaluation.protrusion_recall import thin_lengths

    result = shift_image(LABELS, (0, 2, 1), order=0)
    found = evaluate(
        LabelMovie.from_array(LABELS), LabelMovie.from_array(result), measures=["boundary", "thin"]
    )
    for row in found.cells.to_dict("records"):
        true = LABELS[row["frame"]] == row["label"]
        there = result[row["frame"]] == row["result_label"]
        whole = boundary_scores(true, there)
        assert row["boundary_F"] == pytest.approx(whole.f_score)
        assert row["hausdorff95_px"] == pytest.approx(whole.hausdorff95_px)
        assert row["boundary_distance_px"] == pytest.approx(whole.mean_distance_px)
        assert row["thin_px"] == pytest.approx(thin_lengths(true, there).total_px)


def test_a_missed_cell_scores_zero_and_has_no_distance() -> None:
    result = np.where(LABELS == 2, 0, LABELS)
    found = evaluate(LabelMovie.from_array(LABELS), LabelMovie.from_array(result))
    missed = found.cells[found.cells["label"] == 2]
    assert (missed["result_label"] == 0).all()
    assert (missed[["iou", "boundary_F"]] == 0).all(axis=None)
    assert missed["hausdorff95_px"].isna().all()
    assert found.counts["localisation"] == {"TP": 13, "FP": 0, "FN": 5}
    assert found.counts["operations"]["FN"] == 5


def test_centroids_against_labels_are_compared_by_place(tmp_path: Path) -> None:
    places = tmp_path / "places.csv"
    nodes = tracked(LABELS).lineage
    assert nodes is not None
    nodes.nodes.assign(y=nodes.nodes["y"] + 3).to_csv(places, index=False)
    found = evaluate(places, LabelMovie.from_array(LABELS))
    assert found.scores["F"] == 1
    assert found.scores["mean_distance_px"] == pytest.approx(3)
    strict = EvaluationConfig(cut_off=Length(px=2.9))
    assert evaluate(places, LabelMovie.from_array(LABELS), strict).scores["F"] == 0


def test_detections_where_nobody_annotated_are_not_held_against_the_result() -> None:
    truth = pd.DataFrame({"frame": [0], "y": [10.0], "x": [10.0]})
    result = pd.DataFrame({"frame": [0, 0], "y": [10.0, 90.0], "x": [10.0, 90.0]})
    region = np.zeros((1, 100, 100), np.uint8)
    region[0, 80:] = 1
    config = EvaluationConfig(cut_off=Length(px=5))
    assert evaluate(truth, result, config).scores["F"] == pytest.approx(2 / 3)
    assert evaluate(truth, result, config, unlabelled=LabelMovie.from_array(region)).scores["F"] == 1


def test_tolerances_in_um_use_the_pixel_size() -> None:
    labels = LabelMovie.from_array(LABELS, Calibration(pixel_size_um=0.5))
    found = evaluate(labels, labels, EvaluationConfig(tolerance=Length(um=1.5), cut_off=Length(um=20)))
    assert (found.config.tolerance, found.config.cut_off) == (Length(px=3), Length(px=40))
    with pytest.raises(ConfigurationError, match=r"'cut_off' is '20 um'.*--pixel-size-um"):
        evaluate(
            LabelMovie.from_array(LABELS),
            LabelMovie.from_array(LABELS),
            EvaluationConfig(cut_off=Length(um=20)),
        )


def test_stability_needs_no_truth() -> None:
    found = evaluate(None, tracked(LABELS))
    assert found.measures == ("stability",)
    # The discs that stand still or crawl by whole pixels are rigid; the division changes one of them.
    assert 0.8 < found.scores["neighbour_iou"] <= 1
    with pytest.raises(InvalidInputError, match="there is no truth"):
        evaluate(None, tracked(LABELS), measures=["SEG"])


def test_an_interval_over_cells_is_that_of_the_bootstrap_of_means() -> None:
    found = evaluate(LabelMovie.from_array(LABELS), LabelMovie.from_array(eroded(LABELS)), measures=["SEG"])
    interval = found.intervals["SEG"]
    direct = bootstrap_cells(found.cells["iou"].to_numpy(), np.random.default_rng(5))
    assert interval.mean == pytest.approx(found.scores["SEG"])
    assert interval.low == pytest.approx(direct.low, abs=0.002)
    assert interval.high == pytest.approx(direct.high, abs=0.002)


def test_the_same_seed_gives_the_same_intervals() -> None:
    pair = LabelMovie.from_array(LABELS), LabelMovie.from_array(eroded(LABELS))
    # As text, since NaN equals nothing.
    assert str(evaluate(*pair).intervals) == str(evaluate(*pair).intervals)


def test_a_paired_comparison_says_which_is_better() -> None:
    truth = tracked(LABELS)
    one, other = (evaluate(truth, TrackedMovie(LabelMovie.from_array(r))) for r in (LABELS, eroded(LABELS)))
    table = compare_results(one, other).set_index("score")
    assert table.loc["SEG", "better"] == "one"
    assert table.loc["SEG", "p_value"] < 0.001
    assert table.loc["SEG", "n_units"] == len(one.cells)
    assert table.loc["boundary_distance_px", "difference"] < 0
    assert table.loc["boundary_distance_px", "better"] == "one"
    assert table.loc["Dice", "over"] == "frames"


def test_results_on_different_truths_are_not_compared() -> None:
    one = evaluate(tracked(LABELS), tracked(LABELS))
    other = evaluate(tracked(LABELS[:3]), tracked(LABELS[:3]))
    with pytest.raises(InvalidInputError, match="same truth"):
        compare_results(one, other)


@pytest.mark.parametrize(
    ("truth", "result", "expected"),
    [
        ("testing/01_GT", "testing/01_RES", {"SEG": 0.232874}),
        ("testing/03_GT", "testing/03_RES", {"DET": 0.688, "TRA": 0.622980}),
        ("ipsc-02/01_GT", "ipsc-02/01_RES", {"SEG": 0.506456, "DET": 0.919891, "TRA": 0.918984}),
    ],
)
def test_the_official_scores_to_the_last_printed_digit(
    truth: str, result: str, expected: dict[str, float], data_dir: Path
) -> None:
    folder = data_dir / "ctc-evaluation"
    found = evaluate(folder / truth, folder / result, measures=list(expected))
    assert {name: round(found.scores[name], 6) for name in expected} == expected
