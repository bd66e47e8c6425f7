"""Trend of a quantity over time, with an interval that accounts for accumulating noise."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_solve_banded, cholesky_banded
from scipy.optimize import brentq
from scipy.special import stdtr

Array = NDArray[np.float64]

MIN_FRAMES = 8
"""Minimum number of frames for a trend: two variances, a slope and a curvature are estimated."""

LEVEL = 0.95

_SHARES = np.linspace(0.0, 1.0, 21)
"""Shares of observation noise in the variance of a step, over which a fit is averaged."""


@dataclass(frozen=True)
class Trend:
    """Mean slope per unit of time with its 95 % interval, and the test that the slope is constant; NaN if undefined.

    Parameters
    ----------
    slope, low, high
        Mean change per unit of time, and the limits of its interval.
    curvature
        Change of the slope per unit of time.
    curvature_p
        p-value of the hypothesis that the curvature is zero.
    """

    slope: float = math.nan
    low: float = math.nan
    high: float = math.nan
    curvature: float = math.nan
    curvature_p: float = math.nan


def fit_trend(time: Array, values: Array, numbers: Array | None = None) -> Trend:
    """Fit the trend of `values` over `time`, ignoring undefined values; with fewer than eight, it is undefined.

    The model is the local level with drift: the level changes by a constant slope and by independent steps (process
    noise, which accumulates), and each value has an independent error (observation noise). Counts of a growing culture
    behave like this: an early division raises all later counts, and segmentation errors are independent between frames
    (Dennis et al., Ecological Monographs 76, 323, 2006). Ordinary regression treats all deviations as observation
    noise, and its intervals are too narrow. The slope is fitted to the first differences of the values by generalised
    least squares. One movie hardly determines the ratio of the two kinds of noise: the fit is averaged over all ratios,
    weighted by their restricted likelihood (Humbert et al., Oikos 118, 1940, 2009, who use its maximum). Curvature is
    tested in the same way with a quadratic term.

    Parameters
    ----------
    time
        ``(T,)``, ascending.
    values
        ``(T,)``; logarithms, for exponential growth.
    numbers
        ``(T,)``, numbers of independent cells, if `values` are logarithms: process noise is then inversely proportional
        to the number, and at least that of random divisions (``slope / number`` per unit of time; Kendall, Journal of
        the Royal Statistical Society B 11, 230, 1949). Without it, process noise is constant.

    Examples
    --------
    >>> round(fit_trend(np.arange(10.0), 3 + 0.5 * np.arange(10) + np.tile([0.01, -0.01], 5)).slope, 2)
    0.5
    """
    known = np.isfinite(values)
    time, values = time[known], values[known]
    if len(time) < MIN_FRAMES or not np.ptp(values) > 0:
        return Trend()
    gaps, steps = np.diff(time), np.diff(values)
    variances = gaps if numbers is None else gaps * 2 / (numbers[known][1:] + numbers[known][:-1])
    chance = variances * 0 if numbers is None else variances * abs(float(steps.sum() / gaps.sum()))
    slope = _fit(steps, gaps[:, None], variances, chance)
    squares = np.diff((time - time.mean()) ** 2)
    curvature = _fit(steps, np.column_stack([squares, gaps]), variances, chance)
    if slope is None or curvature is None:
        return Trend(slope=float(steps.sum() / gaps.sum()))
    below = curvature.below(0.0)
    return Trend(
        slope.value,
        slope.quantile((1 - LEVEL) / 2),
        slope.quantile((1 + LEVEL) / 2),
        2 * curvature.value,
        2 * min(below, 1 - below),
    )


@dataclass(frozen=True)
class _Fit:
    """Distribution of a coefficient: a mixture of t distributions, one for each ratio of the variances."""

    centres: Array
    errors: Array
    weights: Array
    dof: int

    @property
    def value(self) -> float:
        return float(self.weights @ self.centres)

    def below(self, limit: float) -> float:
        """Return the probability that the coefficient is below `limit`."""
        return float(self.weights @ stdtr(self.dof, (limit - self.centres) / self.errors))

    def quantile(self, probability: float) -> float:
        reach = 1e3 * float(self.errors.max())
        low, high = float(self.centres.min()) - reach, float(self.centres.max()) + reach
        return float(brentq(lambda limit: self.below(limit) - probability, low, high, xtol=1e-12))


def _fit(steps: Array, design: Array, variances: Array, chance: Array) -> _Fit | None:
    """Return the first coefficient of the generalised least-squares fit of steps; None if there is no noise.

    `variances` are those of the steps due to process noise, up to a factor, and `chance` is their minimum.
    """
    smooth = np.linalg.lstsq(design, steps, rcond=None)[0]
    # Residuals at the level of rounding errors count as a perfect line.
    if float(np.abs(steps - design @ smooth).max()) <= 1e-10 * float(np.abs(steps).max()):
        return None
    dof = len(steps) - design.shape[1]
    relative = variances / variances.mean()
    centres, errors, likelihoods = [], [], []
    for share in _SHARES:
        coefficients, information, squares, log_determinant = _solve(float(share), steps, design, relative)
        log_information = float(np.linalg.slogdet(information)[1])
        centres.append(coefficients[0])
        errors.append(math.sqrt(np.linalg.inv(information)[0, 0] * squares / dof))
        likelihoods.append(-0.5 * (dof * math.log(squares) + log_determinant + log_information))
    weights = np.exp(np.array(likelihoods) - max(likelihoods))
    least = 0.0
    if (chance > 0).all():
        least = math.sqrt(np.linalg.inv(design.T @ (design / chance[:, None]))[0, 0])
    return _Fit(np.array(centres), np.maximum(errors, least), weights / weights.sum(), dof)


def _solve(share: float, steps: Array, design: Array, variances: Array) -> tuple[Array, Array, float, float]:
    """Return coefficients, ``X' V^-1 X``, weighted residual squares and ``log |V|``.

    `share` is that of observation noise: differences have the variances ``(1 - share) variance + 2 share``, and
    neighbours the covariance ``-share``.
    """
    band = np.zeros((2, len(steps)))
    band[1] = (1 - share) * variances + 2 * share
    band[0, 1:] = -share
    factor = cholesky_banded(band)
    weighted = cho_solve_banded((factor, False), design)
    information = design.T @ weighted
    coefficients = np.linalg.solve(information, weighted.T @ steps)
    rest = steps - design @ coefficients
    squares = float(rest @ cho_solve_banded((factor, False), rest))
    return coefficients, information, max(squares, 1e-300), 2 * float(np.log(factor[1]).sum())
