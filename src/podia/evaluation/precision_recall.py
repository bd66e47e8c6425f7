"""Precision and recall of scored detections by threshold, as in the study on scarce annotation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.evaluation.localisation import LocalisationCounts, count_detections

CURVE_COLUMNS = (
    "threshold",
    "tp",
    "fp",
    "fn",
    "localisation_precision",
    "localisation_recall",
    "F",
    "mean_distance_px",
)
MAX_THRESHOLDS = 100
"""Maximum number of thresholds, because each one needs an assignment per frame."""


@dataclass(frozen=True)
class ScoredFrame:
    """True positions ``(N, 2)`` of a frame, detections ``(M, 2)``, their scores, and a mask of unlabelled regions."""

    truth: NDArray[np.float64]
    found: NDArray[np.float64]
    scores: NDArray[np.float64]
    in_unlabelled: NDArray[np.bool_]


def precision_recall(frames: Sequence[ScoredFrame], cut_off: float) -> pd.DataFrame:
    """Return one row per threshold, ascending, with correct, false and missed detections at or above it.

    Each threshold has its own assignment, without the detections below it. Thresholds are the scores; if there are more
    than :data:`MAX_THRESHOLDS` different ones, they are evenly spaced over the detections.

    Parameters
    ----------
    frames
        All frames with ground truth.
    cut_off
        Maximum distance of a pair, px.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`CURVE_COLUMNS`; no rows without detections. Precision, recall and F are NaN if undefined.
    """
    scores = np.unique(np.concatenate([frame.scores for frame in frames]) if frames else np.empty(0))
    if len(scores) > MAX_THRESHOLDS:
        scores = scores[np.linspace(0, len(scores) - 1, MAX_THRESHOLDS).round().astype(int)]
    return pd.DataFrame([_row(frames, float(score), cut_off) for score in scores], columns=CURVE_COLUMNS)


def curve_scores(curve: pd.DataFrame) -> dict[str, float]:
    """Return the best F, its threshold (the lowest if there are several), and the average precision.

    The average precision is the area under the precision-recall curve with monotonic precision (PASCAL VOC 2010,
    Everingham et al. 2015). Recall beyond the lowest threshold has zero precision.
    """
    known = curve.dropna(subset="F")
    if known.empty:
        return {}
    best = known.loc[known["F"].idxmax()]
    # Ascending recall means descending threshold.
    recall = known["localisation_recall"].to_numpy(np.float64)[::-1]
    precision = known["localisation_precision"].fillna(0.0).to_numpy(np.float64)[::-1]
    reached = np.maximum.accumulate(recall)
    steps = np.diff(reached, prepend=0.0)
    never_falling = np.maximum.accumulate(precision[::-1])[::-1]
    return {
        "best_F": float(best["F"]),
        "best_threshold": float(best["threshold"]),
        "average_precision": float((steps * never_falling).sum()),
    }


def _row(frames: Sequence[ScoredFrame], threshold: float, cut_off: float) -> dict[str, float]:
    counts = sum(
        (
            count_detections(frame.truth, frame.found[kept], cut_off, in_unlabelled=frame.in_unlabelled[kept])
            for frame in frames
            for kept in (frame.scores >= threshold,)
        ),
        LocalisationCounts(),
    )
    return {
        "threshold": threshold,
        "tp": counts.tp,
        "fp": counts.fp,
        "fn": counts.fn,
        "localisation_precision": counts.precision,
        "localisation_recall": counts.recall,
        "F": counts.f_score,
        "mean_distance_px": counts.mean_distance,
    }
