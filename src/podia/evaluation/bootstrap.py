"""Bootstrap confidence intervals and permutation tests.

Units are cells or frames, which are many. Those of one movie are similar, so such an interval is too narrow for a
statement about movies; for movies, which are few, see :mod:`podia.evaluation.t_interval`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError

_AT_ONCE = 1 << 22
"""Number of random numbers drawn at once, so that memory does not grow with the number of cells."""

_EXACT_UP_TO = 14
"""Maximum number of pairs for which all ``2 ** n`` sign flips are evaluated, instead of a random sample."""


@dataclass(frozen=True)
class Interval:
    """A mean with its confidence interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True)
class Comparison:
    """Mean difference of two results on the same units, with confidence interval and two-sided p-value."""

    difference: Interval
    p_value: float
    n_units: int


def bootstrap_cells(
    values: NDArray[np.float64], generator: np.random.Generator, *, level: float = 0.95, n_samples: int = 2000
) -> Interval:
    """Return the mean of `values` (one score per cell) with a percentile interval over resampled cells.

    All NaN without values; an interval of zero width for a single value.
    """
    if not len(values):
        return Interval(float("nan"), float("nan"), float("nan"))
    means = np.concatenate(
        [
            values[generator.integers(0, len(values), (rows, len(values)))].mean(axis=1)
            for rows in _portions(n_samples, len(values))
        ]
    )
    return _interval(float(values.mean()), means, level)


def resampled_sums(
    counts: NDArray[np.float64], generator: np.random.Generator, *, n_samples: int = 2000
) -> NDArray[np.float64]:
    """Return ``(n_samples, K)``: sums of the counts ``(N, K)`` of N units (cells or frames) drawn with replacement.

    This gives the interval of every score that is a function of sums, such as means and pooled ratios.
    """
    n_units = len(counts)
    sums = np.empty((n_samples, counts.shape[1]))
    for sample in range(n_samples):
        times_drawn = np.bincount(generator.integers(0, n_units, n_units), minlength=n_units)
        sums[sample] = times_drawn @ counts
    return sums


def percentile_interval(score: float, samples: NDArray[np.float64], *, level: float = 0.95) -> Interval:
    """Return `score` with the percentiles of its resampled values, without those that are NaN (0 / 0)."""
    known = samples[~np.isnan(samples)]
    return _interval(score, known, level) if len(known) else Interval(score, float("nan"), float("nan"))


def compare_paired(
    one: NDArray[np.float64],
    other: NDArray[np.float64],
    generator: np.random.Generator,
    *,
    level: float = 0.95,
    n_samples: int = 10_000,
) -> Comparison:
    """Return the mean difference of `one` and `other`, scores of two results on the same units (cells or frames).

    The p-value is that of the sign-flip permutation test: exact for up to 14 units that differ, otherwise from
    `n_samples` random flips including the observed one (Phipson and Smyth 2010), so that it is never zero.

    Raises
    ------
    InvalidInputError
        If the two have different lengths or are empty.
    """
    if one.shape != other.shape or not len(one):
        raise InvalidInputError(f"Paired scores must have the same units: {one.shape} and {other.shape}.")
    difference = one - other
    return Comparison(
        bootstrap_cells(difference, generator, level=level, n_samples=n_samples),
        _sign_flip_p(difference[difference != 0], generator, n_samples),
        len(difference),
    )


def _sign_flip_p(difference: NDArray[np.float64], generator: np.random.Generator, n_samples: int) -> float:
    n = len(difference)
    if n == 0:
        return 1.0
    observed = abs(difference.sum())
    # Sums that differ only by rounding count as equal.
    tolerance = 1e-12 * np.abs(difference).sum()
    if n <= _EXACT_UP_TO:
        signs = 1 - 2 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
        return float(np.mean(np.abs(signs @ difference) >= observed - tolerance))
    extreme = 0
    for rows in _portions(n_samples, n):
        signs = generator.choice((-1, 1), (rows, n))
        extreme += int(np.count_nonzero(np.abs(signs @ difference) >= observed - tolerance))
    return (extreme + 1) / (n_samples + 1)


def _portions(n_samples: int, n_units: int) -> list[int]:
    """Return the sizes of the batches in which samples of `n_units` are drawn."""
    rows = max(1, _AT_ONCE // n_units)
    return [min(rows, n_samples - first) for first in range(0, n_samples, rows)]


def _interval(mean: float, samples: NDArray[np.float64], level: float) -> Interval:
    low, high = np.quantile(samples, [(1 - level) / 2, (1 + level) / 2])
    return Interval(mean, float(low), float(high))
