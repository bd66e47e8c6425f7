"""What an evaluation found."""

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
    """How well a result agrees with the truth.

    Parameters
    ----------
    truth, result
        What was compared; `truth` is empty for stability alone.
    measures
        Groups that were measured.
    config
        Tolerances in px, and the seed.
    scores
        Every key of :data:`podia.evaluation.scores.SCORES`, in that order; NaN where it was not measured, or where
        it has no meaning.
    intervals
        95 % bootstrap intervals of the scores that have one: over cells or frames, as the declaration says. Cells
        of one movie are alike: for a claim about movies use :func:`podia.evaluation.intervals.pool_movies`.
    counts
        What pooled scores are made of: ``pixels``, ``localisation``, ``tips``, and the challenge's ``operations``.
    frames
        A row a frame of the truth, with counts and scores.
    cells
        A row a true cell and frame: ``frame``, ``label``, ``result_label`` (0: none), ``iou``, and what else was
        measured per cell.
    events
        A row a correction, as :mod:`podia.evaluation.ctc_events` defines them.
    precision_recall
        A row a threshold of the score, where detections have one; see :mod:`podia.evaluation.precision_recall`.
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
        """Return scores under their keys, None for NaN, with ``intervals``, ``counts`` and what was compared."""
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
    """Return `value`, None for NaN, which JSON does not know."""
    return None if math.isnan(value) else value
