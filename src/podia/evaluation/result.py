"""Result of an evaluation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from podia.evaluation.bootstrap import Interval
from podia.evaluation.config import EvaluationConfig
from podia.evaluation.scores import Group


@dataclass(frozen=True)
class Evaluation:
    """Scores of a result, with intervals, counts and tables.

    Parameters
    ----------
    truth, result
        Names of truth and result; `truth` is empty for stability only.
    measures
        Groups that were computed.
    config
        Tolerances in px, and the seed.
    scores
        Every key of :data:`podia.evaluation.scores.SCORES`, in that order; NaN if it was not computed or is undefined.
    intervals
        95 % bootstrap intervals of the scores that have one, over cells or frames as declared. Cells of one movie are
        similar: for a statement about movies, use :func:`podia.evaluation.intervals.pool_movies`.
    counts
        Counts for pooled scores: ``pixels``, ``localisation``, ``tips``, and the challenge's ``operations``.
    frames
        One row per frame of the truth, with counts and scores.
    cells
        One row per true cell and frame: ``frame``, ``label``, ``result_label`` (0: none), ``iou``, and other scores
        per cell.
    events
        One row per correction, as defined in :mod:`podia.evaluation.ctc_events`.
    precision_recall
        One row per score threshold, if detections have scores; see :mod:`podia.evaluation.precision_recall`.
    """

    truth: str
    result: str
    measures: tuple[Group, ...]
    config: EvaluationConfig
    scores: Mapping[str, float]
    intervals: Mapping[str, Interval]
    counts: Mapping[str, Mapping[str, int]]
    frames: pd.DataFrame
    cells: pd.DataFrame
    events: pd.DataFrame
    precision_recall: pd.DataFrame = field(default_factory=pd.DataFrame)

    def as_dict(self) -> dict[str, Any]:
        """Return scores by key, None for NaN, with ``intervals``, ``counts`` and the names of both sides."""
        return {
            **{name: or_none(value) for name, value in self.scores.items()},
            "intervals": {name: [or_none(i.low), or_none(i.high)] for name, i in self.intervals.items()},
            "counts": {name: dict(counts) for name, counts in self.counts.items()},
            "measures": list(self.measures),
            "truth": self.truth or None,
            "result": self.result,
            "settings": self.config.model_dump(),
        }


def or_none(value: float) -> float | None:
    """Return `value`, None for NaN, which JSON does not support."""
    return None if math.isnan(value) else value
