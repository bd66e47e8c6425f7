"""Two results on the same truth: which is better, by how much, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.evaluation.bootstrap import compare_paired
from podia.evaluation.result import Evaluation
from podia.evaluation.scores import SCORE_OF, SCORES

PER_CELL = {
    "SEG": "iou",
    "boundary_F": "boundary_F",
    "hausdorff95_px": "hausdorff95_px",
    "boundary_distance_px": "boundary_distance_px",
    "thin_recall": "thin_recall",
}
"""Scores that each cell has, and their column in the table of cells."""

COMPARISON_COLUMNS = (
    "score",
    "over",
    "one",
    "other",
    "difference",
    "low",
    "high",
    "p_value",
    "n_units",
    "better",
)


def compare_results(
    one: Evaluation | Sequence[Evaluation], other: Evaluation | Sequence[Evaluation], *, seed: int = 0
) -> pd.DataFrame:
    """Return a row a score and unit: means of both results, their difference with 95 % interval, and its p-value.

    Parameters
    ----------
    one, other
        Evaluations of two results on the same truth: one movie each, or the same movies in the same order.
    seed
        Of the bootstrap and of the permutation test.

    Returns
    -------
    DataFrame
        Columns :data:`COMPARISON_COLUMNS`. ``over`` is ``cells``, ``frames`` or ``movies``: what is paired. Means are
        those of the units, so that over frames they can differ from the pooled score. Cells and frames of one movie
        are alike, so their p-values speak for these movies alone; those over movies need at least six to
        fall below 0.05. ``better`` is ``one``, ``other``, or empty where the interval has 0 inside.

    Raises
    ------
    InvalidInputError
        If the two are not of the same truth.
    """
    ones, others = _as_list(one), _as_list(other)
    if len(ones) != len(others) or not ones:
        raise InvalidInputError(
            f"A paired comparison needs both results on every movie: {len(ones)} evaluations against {len(others)}."
        )
    generator = np.random.default_rng(seed)
    rows = []
    for name in (score.name for score in SCORES):
        column, over = PER_CELL.get(name), SCORE_OF[name].over
        if column is not None:
            rows.append(_row(name, "cells", _pair_units(ones, others, "cells", column), generator))
        elif over == "frames":
            rows.append(_row(name, "frames", _pair_units(ones, others, "frames", name), generator))
        if len(ones) > 1:
            rows.append(_row(name, "movies", _pair_movies(ones, others, name), generator))
    return pd.DataFrame([row for row in rows if row is not None], columns=list(COMPARISON_COLUMNS))


def _as_list(evaluations: Evaluation | Sequence[Evaluation]) -> list[Evaluation]:
    return [evaluations] if isinstance(evaluations, Evaluation) else list(evaluations)


def _pair_units(
    ones: list[Evaluation], others: list[Evaluation], table: str, column: str
) -> NDArray[np.float64]:
    """Return ``(N, 2)``: the score of each cell or frame of the truth in both results."""
    keys = ["frame", "label"] if table == "cells" else ["frame"]
    pairs = [np.empty((0, 2))]
    for one, other in zip(ones, others, strict=True):
        left, right = getattr(one, table), getattr(other, table)
        if column not in left.columns or column not in right.columns:
            continue
        if not left[keys].equals(right[keys]):
            raise InvalidInputError(
                f"'{one.result}' and '{other.result}' were not evaluated on the same {table} of the same truth."
            )
        pairs.append(np.stack([left[column].to_numpy(float), right[column].to_numpy(float)], axis=1))
    return np.concatenate(pairs)


def _pair_movies(ones: list[Evaluation], others: list[Evaluation], name: str) -> NDArray[np.float64]:
    return np.array([[a.scores[name], b.scores[name]] for a, b in zip(ones, others, strict=True)])


def _row(
    name: str, over: str, pairs: NDArray[np.float64], generator: np.random.Generator
) -> tuple[object, ...] | None:
    """Return the comparison of units that have the score in both results; None where no unit has."""
    known = pairs[~np.isnan(pairs).any(axis=1)]
    if not len(known):
        return None
    found = compare_paired(known[:, 0], known[:, 1], generator)
    low, high = found.difference.low, found.difference.high
    better = ""
    if low > 0 or high < 0:
        better = "one" if (low > 0) == (SCORE_OF[name].best == 1) else "other"
    one, other = known.mean(axis=0)
    return name, over, one, other, found.difference.mean, low, high, found.p_value, found.n_units, better
