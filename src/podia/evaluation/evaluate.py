"""Evaluation of a result: scores with confidence intervals."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from podia.data.arguments import settle_config
from podia.data.config import Settings
from podia.data.errors import InvalidInputError
from podia.data.movie import LabelMovie
from podia.data.progress import Progress, silent
from podia.evaluation.config import EvaluationConfig
from podia.evaluation.ctc import CtcScores, ctc_scores
from podia.evaluation.ctc_events import EVENT_COLUMNS
from podia.evaluation.frame_pass import count_frames
from podia.evaluation.inputs import EvaluationInput, Source, open_input
from podia.evaluation.intervals import pooled_scores, score_intervals, with_frame_scores
from podia.evaluation.precision_recall import curve_scores, precision_recall
from podia.evaluation.result import Evaluation
from podia.evaluation.scores import SCORES, Group
from podia.evaluation.selection import is_wanted, select_scores
from podia.evaluation.stability import stability
from podia.evaluation.tip_tables import score_tips
from podia.evaluation.tips import TipScores
from podia.io.read import read_labels

_NO_CELLS = pd.DataFrame({"frame": [0], "label": [0], "result_label": [0], "iou": [0.0]}).iloc[:0]
_FRAME_COUNTS = {
    "pixels": ("pixel", ("tp", "fp", "fn")),
    "localisation": ("found", ("tp", "fp", "fn")),
    "tips": ("tip", ("tp", "fp", "fn")),
}


def evaluate(
    truth: Source | None,
    result: Source,
    config: EvaluationConfig | None = None,
    *,
    settings: Settings | None = None,
    measures: Sequence[str] | None = None,
    unlabelled: LabelMovie | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Return the scores of `result` against `truth`.

    Frames are read one at a time: once for the Cell Tracking Challenge, once for all other scores, once for stability.

    Parameters
    ----------
    truth
        A Cell Tracking Challenge folder (``01_GT``, ``01_ST``), labels (file, folder or object), a CSV file or table of
        centroids, an analysis folder, or a folder of ``podia simulate``. None for stability only.
    result
        The same types, and ``01_RES``. If the truth is a challenge folder or a table, frames that it does not have are
        ignored; otherwise both must have the same number of frames.
    config
        Tolerances and seed.
    settings
        In place of `config`: single settings, named as the options of ``podia evaluate``, such as
        ``{"cut_off": "20 um"}``.
    measures
        Groups (``ctc``, ``overlap``, ``instances``, ``boundary``, ``thin``, ``localisation``, ``tips``,
        ``stability``) or single scores (``SEG``). Default: all that the inputs allow. Stability needs label values that
        are track ids; if requested by name, labels of unknown origin are assumed to have them.
    unlabelled
        Label image that is non-zero in unannotated regions, one frame per frame of the truth or one for all. Unmatched
        detections in these regions are not counted by localisation.
    progress
        Receives the number of processed frames.

    Raises
    ------
    InvalidInputError
        If frames, shapes, or tracks and masks contradict each other, the truth is empty, or a measure is unknown
        or cannot be computed from these inputs.
    ConfigurationError
        If a setting is unknown or out of bounds, or a length is in um and the pixel size is unknown.
    MovieReadError
        If an input cannot be read or has an unknown type.

    Examples
    --------
    >>> cells = LabelMovie.from_array(np.array([[[1, 1, 0, 2]], [[1, 1, 0, 2]]], np.int32))
    >>> evaluate(cells, cells, measures=["SEG", "Dice"]).scores["Dice"]
    1.0
    """
    config = settle_config(EvaluationConfig, config, settings)
    found = open_input(result, "result")
    true = None if truth is None else open_input(truth, "truth")
    selection = select_scores(true, found, measures)
    config = config.in_pixels(*(side.calibration for side in (true, found) if side is not None))
    of_challenge, tips, curve = None, None, precision_recall([], config.cut_off.in_px())
    frames, cells = pd.DataFrame({"frame": pd.Series([], dtype=np.int64)}), _NO_CELLS
    if true is not None and set(selection) - {"stability"}:
        _require_equal_length(true, found)
        if "ctc" in selection and true.ctc is not None and found.ctc is not None:
            of_challenge = ctc_scores(true.ctc, found.ctc, measures=selection["ctc"])
            cells = of_challenge.cells
        groups = _counted_by_frame(true, found, selection)
        if groups:
            frames, counted, scored = count_frames(
                true, found, groups, config, unlabelled=unlabelled, progress=progress
            )
            curve = precision_recall(scored, config.cut_off.in_px())
            cells = counted if len(counted) else cells
        if "tips" in selection and true.tips is not None and found.tips is not None:
            tips = score_tips(true.tips, found.tips, cells, config.tip_cut_off.in_px())
            frames, cells = _with_tips(frames, cells, tips)
    scores = pooled_scores(cells, frames)
    scores |= curve_scores(curve)
    scores |= {} if tips is None else _tip_scores(tips)
    scores |= {} if of_challenge is None else of_challenge.scores
    scores |= _stability(found) if "stability" in selection else {}
    wanted = [score.name for score in SCORES if is_wanted(score.name, selection)]
    intervals = score_intervals(cells, frames, seed=config.seed)
    return Evaluation(
        truth="" if true is None else true.name,
        result=found.name,
        measures=tuple(selection),
        config=config,
        scores={s.name: scores.get(s.name, math.nan) if s.name in wanted else math.nan for s in SCORES},
        intervals={name: interval for name, interval in intervals.items() if name in wanted},
        counts=_counts(of_challenge, frames),
        frames=with_frame_scores(frames),
        cells=cells,
        events=pd.DataFrame(columns=EVENT_COLUMNS) if of_challenge is None else of_challenge.events,
        precision_recall=curve,
    )


def _counted_by_frame(
    truth: EvaluationInput, result: EvaluationInput, selection: Collection[Group]
) -> set[Group]:
    groups: set[Group] = set(selection) & {"overlap", "instances", "boundary", "thin", "localisation"}
    if "tips" in selection and truth.outlines is not None and result.outlines is not None:
        groups.add("tips")
    return groups


def _require_equal_length(truth: EvaluationInput, result: EvaluationInput) -> None:
    if not truth.every_frame or truth.markers is None or result.markers is None:
        return
    n_truth, n_result = len(truth.markers.numbers), len(result.markers.numbers)
    if n_truth != n_result:
        raise InvalidInputError(
            f"The truth '{truth.name}' has {n_truth} frames, the result '{result.name}' {n_result}. "
            f"Both must be of the same movie."
        )


def _with_tips(
    frames: pd.DataFrame, cells: pd.DataFrame, tips: TipScores
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return both tables with the counts of correct, false and missed tips, by frame and by true cell."""
    names = {name: f"tip_{name}" for name in ("tp", "fp", "fn")}
    by_frame = tips.per_frame.rename(columns=names)
    frames = frames.merge(by_frame, on="frame", how="outer") if len(frames) else by_frame
    frames = frames.fillna(dict.fromkeys(names.values(), 0)).sort_values("frame", ignore_index=True)
    of_cell = tips.per_cell.rename(columns={**names, "track_id": "label", "length_error": "tip_length_error"})
    return frames, cells.merge(of_cell, on=["frame", "label"], how="left") if len(cells) else cells


def _tip_scores(tips: TipScores) -> dict[str, float]:
    return {
        "tip_length_bias": tips.length_bias,
        "tip_length_spread": tips.length_spread,
        "tip_length_error": tips.median_length_error,
        "tip_link_F": tips.link_f_score,
    }


def _stability(result: EvaluationInput) -> dict[str, float]:
    if result.labels is None:
        return {}
    labels = result.labels if isinstance(result.labels, LabelMovie) else read_labels(result.labels)
    numbers = () if result.markers is None else result.markers.numbers
    if numbers and numbers[-1] - numbers[0] + 1 != len(numbers):
        raise InvalidInputError(
            f"'{result.name}' lacks frames between {numbers[0]} and {numbers[-1]}; stability needs every frame."
        )
    return dict(vars(stability(labels)))


def _counts(of_challenge: CtcScores | None, frames: pd.DataFrame) -> Mapping[str, Mapping[str, int]]:
    counts: dict[str, dict[str, int]] = {}
    for name, (prefix, parts) in _FRAME_COUNTS.items():
        if f"{prefix}_tp" in frames.columns:
            counts[name] = {part.upper(): int(frames[f"{prefix}_{part}"].sum()) for part in parts}
    if "n_truth" in frames.columns:
        counts["cells"] = {"truth": int(frames["n_truth"].sum()), "result": int(frames["n_result"].sum())}
    if of_challenge is not None:
        counts["operations"] = dict(of_challenge.operations)
    return counts
