"""The course of a training, as arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """The columns of ``history.csv``, each ``(N,)`` over the steps done; NaN where a field is empty.

    Times count from the beginning of the training, s.
    """

    step: NDArray[np.int64]
    stage: NDArray[np.int64]
    loss: Values
    learning_rate: Values
    seg: Values
    jaccard: Values
    seconds: Values
    seconds_waited: Values

    @classmethod
    def of(cls, rows: Sequence[Mapping[str, str]]) -> Course:
        """Return the rows of a history, which may be none."""

        def numbers(name: str) -> Values:
            return np.array([float(row[name] or "nan") for row in rows], dtype=np.float64)

        return cls(
            step=np.array([int(row["step"]) for row in rows], dtype=np.int64),
            stage=np.array([int(row["stage"]) for row in rows], dtype=np.int64),
            loss=numbers("loss"),
            learning_rate=numbers("learning_rate"),
            seg=numbers("SEG"),
            jaccard=numbers("Jaccard"),
            seconds=numbers("seconds"),
            seconds_waited=numbers("seconds_waited"),
        )

    @property
    def validated(self) -> NDArray[np.bool_]:
        """Whether a step was followed by a validation that gave scores."""
        return np.isfinite(self.seg) | np.isfinite(self.jaccard)

    def score(self, metric: str) -> Values:
        """Return ``SEG`` or ``Jaccard`` over the steps."""
        return self.seg if metric == "SEG" else self.jaccard
