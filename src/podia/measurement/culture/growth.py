"""Exponential growth of a culture: rate, doubling time, and whether growth is exponential at all."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from podia.measurement.culture.trend import Array, Trend, fit_trend

SIGNIFICANT = 0.05

_MAX_EMPTY = 0.1
"""Maximum fraction of frames without cells; above it, growth is undefined."""


@dataclass(frozen=True)
class Growth:
    """Growth of a number or an area over the movie, per frame."""

    trend: Trend

    @property
    def doubling_time(self) -> tuple[float, float, float]:
        """Doubling time and the limits of its interval, in frames; NaN if not positive, or not bounded."""
        low = _doubling(self.trend.high)
        # If the rate may be zero, the doubling time has no upper limit.
        return _doubling(self.trend.slope), low, _doubling(self.trend.low)

    @property
    def kind(self) -> str:
        """``exponential``, ``slowing``, ``accelerating``, ``none`` (the rate may be zero), or empty if undefined."""
        if not math.isfinite(self.trend.low):
            return ""
        if self.trend.curvature_p < SIGNIFICANT:
            return "slowing" if self.trend.curvature < 0 else "accelerating"
        return "none" if self.trend.low <= 0 <= self.trend.high else "exponential"


def growth(time: Array, amounts: Array, n_cells: Array) -> Growth:
    """Return the growth of `amounts` over `time`: the trend of their logarithm.

    Parameters
    ----------
    time
        ``(T,)`` in frames.
    amounts
        ``(T,)`` numbers of cells or covered areas. Frames where they are zero are ignored; growth is undefined if they
        are more than one in ten.
    n_cells
        ``(T,)`` numbers of cells, which determine the stochastic variation.

    Examples
    --------
    >>> time = np.arange(20.0)
    >>> cells = np.round(50 * 2 ** (time / 10))
    >>> round(growth(time, cells, cells).doubling_time[0], 1)
    10.0
    """
    usable = np.isfinite(amounts) & (amounts > 0) & (n_cells > 0)
    if usable.sum() < (1 - _MAX_EMPTY) * len(amounts):
        return Growth(Trend())
    return Growth(fit_trend(time[usable], np.log(amounts[usable]), n_cells[usable]))


def _doubling(rate: float) -> float:
    return math.log(2) / rate if rate > 0 else math.nan
