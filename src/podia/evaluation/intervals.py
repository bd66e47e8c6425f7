"""Pooled scores from tables of counts, with confidence intervals over cells, frames or movies."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.evaluation.bootstrap import Interval, percentile_interval, resampled_sums
from podia.evaluation.result import Evaluation
from podia.evaluation.scores import SCORES, Score, Sums
from podia.evaluation.t_interval import student_of_mean

_N_SAMPLES = 2000


def pooled_scores(cells: pd.DataFrame, frames: pd.DataFrame) -> dict[str, float]:
    """Return the scores that follow from sums over `cells` and `frames`, if their columns exist."""
    scores = {}
    for score, units in _measured(cells, frames):
        sums = units.sum(axis=0)
        scores[score.name] = _value(score)(dict(zip(units.columns, sums, strict=True)))
    return scores


def with_frame_scores(frames: pd.DataFrame) -> pd.DataFrame:
    """Return the counts of each frame with the scores that follow from them."""
    columns = {}
    for score, counts in _measured(frames.iloc[:0], frames):
        rows = counts.to_dict("records")
        columns[score.name] = [
            _value(score)({str(name): count for name, count in row.items()}) for row in rows
        ]
    return frames.assign(**columns)


def score_intervals(cells: pd.DataFrame, frames: pd.DataFrame, *, seed: int) -> dict[str, Interval]:
    """Return 95 % percentile intervals of these scores, from cells or frames drawn with replacement."""
    samples = _samples(cells, frames, seed)
    pooled = pooled_scores(cells, frames)
    return {name: percentile_interval(pooled[name], values) for name, values in samples.items()}


def pool_movies(evaluations: Sequence[Evaluation]) -> dict[str, Interval]:
    """Return the mean over movies of each score, with the 95 % interval of Student's t over movies.

    Movies have equal weights, whatever their number of cells; movies in which a score is NaN are ignored. There is no
    interval for a single movie or for movies with identical scores, because the variation between movies is unknown.
    With few movies, an interval is wide and may exceed the range of the score; a bootstrap over few movies would be too
    narrow (with two, it contains the true value half of the time).

    Raises
    ------
    InvalidInputError
        If there are no movies.
    """
    if not evaluations:
        raise InvalidInputError("There are no movies to pool. Give at least one evaluation.")
    pooled = {}
    for score in SCORES:
        values = np.array([one.scores[score.name] for one in evaluations], dtype=np.float64)
        known = values[~np.isnan(values)]
        if len(known):
            found = student_of_mean(known, size=float(np.abs(known).max()))
            pooled[score.name] = Interval(float(known.mean()), found.low, found.high)
    return pooled


def _samples(cells: pd.DataFrame, frames: pd.DataFrame, seed: int) -> dict[str, NDArray[np.float64]]:
    """Return the values of each score over resampled units."""
    sums: dict[str, NDArray[np.float64]] = {}
    samples = {}
    for score, units in _measured(cells, frames):
        # One draw for all scores of a unit, because they refer to the same cells.
        if score.over not in sums:
            whole = _units(cells if score.over == "cells" else frames)
            sums[str(score.over)] = resampled_sums(
                whole.to_numpy(np.float64), np.random.default_rng(seed), n_samples=_N_SAMPLES
            )
        columns = list(_units(cells if score.over == "cells" else frames).columns)
        value = _value(score)
        picked = sums[str(score.over)][:, [columns.index(name) for name in units.columns]]
        samples[score.name] = np.array(
            [value(dict(zip(units.columns, row, strict=True))) for row in picked.tolist()]
        )
    return samples


def _measured(cells: pd.DataFrame, frames: pd.DataFrame) -> list[tuple[Score, pd.DataFrame]]:
    """Return the scores whose counts exist, each with these counts, one row per unit."""
    found = []
    for score in SCORES:
        if score.over is None or score.value is None:
            continue
        units = _units(cells if score.over == "cells" else frames)
        if len(units) and set(score.counts) <= set(units.columns):
            found.append((score, units[list(score.counts)]))
    return found


def _units(table: pd.DataFrame) -> pd.DataFrame:
    """Return the numbers of `table` with NaN as 0, and for each column ``x`` a count ``n_x`` of valid values."""
    known = table.notna().astype(np.float64)
    known.columns = [f"n_{name}" for name in table.columns]
    known = known[[name for name in known.columns if name not in table.columns]]
    return pd.concat([table.astype(np.float64).fillna(0.0), known], axis=1)


def _value(score: Score) -> Callable[[Sums], float]:
    if score.value is None:
        raise InvalidInputError(f"'{score.name}' is not a function of sums.")
    return score.value
