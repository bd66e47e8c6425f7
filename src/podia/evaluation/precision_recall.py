"""Precision and recall of scored detections over the threshold that the score must reach (S4)."""

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
MOST_THRESHOLDS = 100
"""Beyond, every so many detections make one: each threshold is an assignment a frame."""


@dataclass(frozen=True)
class ScoredFrame:
    """A frame's true positions ``(N, 2)``, detections ``(M, 2)``, their scores, and which lie in unlabelled regions."""

    truth: NDArray[np.float64]
    found: NDArray[np.float64]
    scores: NDArray[np.float64]
    in_unlabelled: NDArray[np.bool_]


def precision_recall(frames: Sequence[ScoredFrame], cut_off: float) -> pd.DataFrame:
    """Return a row a threshold, ascending: what is right, wrong and missing among detections that reach it.

    Each threshold has an assignment of its own, as if the detections below it had never been made. Thresholds are the
    scores themselves; of more than :data:`MOST_THRESHOLDS` different ones, those that part detections evenly.

    Parameters
    ----------
    frames
        All frames that have a truth.
    cut_off
        Largest distance of a pair, px.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`CURVE_COLUMNS`; no row without a detection. Precision, recall and F are NaN where undefined.
    """
    scores = np.unique(np.concatenate([frame.scores for frame in frames]) if frames else np.empty(0))
    if len(scores) > MOST_THRESHOLDS:
        scores = scores[np.linspace(0, len(scores) - 1, MOST_THRESHOLDS).round().astype(int)]
    return pd.DataFrame([_row(frames, float(score), cut_off) for score in scores], columns=CURVE_COLUMNS)


def curve_scores(curve: pd.DataFrame) -> dict[str, float]:
    """Return the best F, the threshold that gives it (the lowest of several), and the average precision.

    The average precision is the area under the curve whose precision never falls as recall does (PASCAL VOC 2010,
    Everingham et al. 2015): misses below the lowest threshold count as no precision at all.
    """
    known = curve.dropna(subset="F")
    if known.empty:
        return {}
    best = known.loc[known["F"].idxmax()]
    # Ascending recall is descending threshold.
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
