"""Training history as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.training.recipe import METRICS, Metric

Values = NDArray[np.float64]


@dataclass(frozen=True)
class TrainingCurves:
    """The columns of ``history.csv``, each ``(N,)`` over steps; NaN for empty fields.

    Times are in seconds from the start of the training.
    """

    step: NDArray[np.int64]
    stage: NDArray[np.int64]
    loss: Values
    learning_rate: Values
    seg: Values
    jaccard: Values
    f_score: Values
    tip_f_score: Values
    seconds: Values
    seconds_waited: Values

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, str]]) -> TrainingCurves:
        """Create from the rows of a history, which may be empty."""

        def numbers(name: str) -> Values:
            return np.array([float(row.get(name) or "nan") for row in rows], dtype=np.float64)

        return cls(
            step=np.array([int(row["step"]) for row in rows], dtype=np.int64),
            stage=np.array([int(row["stage"]) for row in rows], dtype=np.int64),
            loss=numbers("loss"),
            learning_rate=numbers("learning_rate"),
            seg=numbers("SEG"),
            jaccard=numbers("Jaccard"),
            f_score=numbers("F"),
            tip_f_score=numbers("tip_F"),
            seconds=numbers("seconds"),
            seconds_waited=numbers("seconds_waited"),
        )

    @property
    def validated(self) -> NDArray[np.bool_]:
        """Whether each step was followed by a validation with scores."""
        return np.isfinite(self.seg) | np.isfinite(self.jaccard) | np.isfinite(self.f_score)

    def score(self, metric: Metric) -> Values:
        """Return a score over the steps."""
        return {"SEG": self.seg, "Jaccard": self.jaccard, "F": self.f_score}[metric]

    def scores(self, metric: Metric) -> dict[str, Values]:
        """Return the scores to show by name: outlines, F if weights are selected by it, and tips."""
        shown: dict[str, Values] = {
            name: self.score(name) for name in METRICS if name != "F" or metric == "F"
        }
        shown["tip F"] = self.tip_f_score
        return {name: values for name, values in shown.items() if name == metric or np.isfinite(values).any()}
