"""Paired comparison of two results with the same ground truth."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.evaluation.bootstrap import Comparison, Interval, compare_paired
from podia.evaluation.result import Evaluation
from podia.evaluation.scores import SCORE_OF, SCORES
from podia.evaluation.t_interval import student_of_mean

PER_CELL = {
    "SEG": "iou",
    "boundary_F": "boundary_F",
    "hausdorff95_px": "hausdorff95_px",
    "boundary_distance_px": "boundary_distance_px",
    "thin_recall": "thin_recall",
}
"""Scores per cell, and their column in the table of cells."""

SIGNIFICANCE_LEVEL = 0.05
"""P-value below which one result is called better."""

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
    """Return one row per score and unit: means of both results, their difference with 95 % interval, and its p-value.

    Over cells or frames, the interval is from the bootstrap and the p-value from the sign-flip permutation test. Over
    movies, which are few, both are from the paired t test.

    Parameters
    ----------
    one, other
        Evaluations of two results on the same truth: one movie each, or the same movies in the same order.
    seed
        Seed of bootstrap and permutation test.

    Returns
    -------
    DataFrame
        Columns :data:`COMPARISON_COLUMNS`. ``over`` is the paired unit: ``cells``, ``frames`` or ``movies``. Means are
        over units, so over frames they can differ from the pooled score; for a score with a sign, such as a bias, they
        are means of its absolute value. Cells and frames of one movie are similar, so their p-values hold for
        these movies only. ``better`` is ``one`` or ``other``; empty if the interval contains 0, if p is not below 0.05,
        and for scores without a better direction. Interval and p-value are NaN for a single movie, or if all movies
        differ by the same amount.

    Raises
    ------
    InvalidInputError
        If the two do not have the same truth.
    """
    ones, others = _as_list(one), _as_list(other)
    if len(ones) != len(others) or not ones:
        raise InvalidInputError(
            f"A paired comparison needs both results for every movie; found {len(ones)} and {len(others)} evaluations."
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
    """Return the comparison over units that have the score in both results; None if there are none."""
    known = pairs[~np.isnan(pairs).any(axis=1)]
    if not len(known):
        return None
    if SCORE_OF[name].is_signed:
        known = np.abs(known)
    one_each, other_each = known[:, 0], known[:, 1]
    found = _over_movies(known) if over == "movies" else compare_paired(one_each, other_each, generator)
    low, high = found.difference.low, found.difference.high
    one, other = one_each.mean(), other_each.mean()
    better = _better(name, found)
    return name, over, one, other, found.difference.mean, low, high, found.p_value, found.n_units, better


def _over_movies(pairs: NDArray[np.float64]) -> Comparison:
    difference = pairs[:, 0] - pairs[:, 1]
    found = student_of_mean(difference, size=float(np.abs(pairs).max()))
    return Comparison(
        Interval(float(difference.mean()), found.low, found.high), found.p_value, len(difference)
    )


def _better(name: str, found: Comparison) -> str:
    """Return the better result, or "" if the difference is not significant or the score has no better direction."""
    best, difference = SCORE_OF[name].best, found.difference
    outside = difference.low > 0 or difference.high < 0
    if math.isnan(best) or not outside or not found.p_value < SIGNIFICANCE_LEVEL:
        return ""
    return "one" if (difference.mean > 0) == (best == 1) else "other"
