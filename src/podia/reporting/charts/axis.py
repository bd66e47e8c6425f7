"""Axes: range, round ticks, and the position of a value."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from podia.reporting.wording import number


@dataclass(frozen=True)
class Axis:
    """One axis of a plot.

    Parameters
    ----------
    label
        What is measured, with its unit.
    low, high
        Values at the two ends, ``low < high``.
    ticks
        Values that are written on it.
    is_log
        Whether equal factors, rather than equal differences, are equally far apart.
    """

    label: str
    low: float
    high: float
    ticks: tuple[float, ...]
    is_log: bool = False

    @classmethod
    def linear(cls, label: str, low: float, high: float, *, n_ticks: int = 5, whole: bool = False) -> Axis:
        """Return an axis from round number to round number that holds `low` to `high`.

        With `whole`, only whole numbers are written on it. A range of zero, but for rounding, is widened.
        """
        if _is_empty(low, high):
            pad = abs(low) * 0.1 or 1.0
            low, high = (0.0 if low == 0 else low - pad), high + pad
        step = nice_step((high - low) / n_ticks)
        if whole:
            step = max(1.0, math.ceil(step))
        # A range that ends on a tick but for rounding must not gain another one.
        first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
        ticks = tuple(index * step for index in range(first, last + 1))
        return cls(label, ticks[0], ticks[-1], ticks)

    @classmethod
    def exact(cls, label: str, low: float, high: float, *, n_ticks: int = 5, whole: bool = False) -> Axis:
        """Return an axis that ends exactly at `low` and `high`, with the round numbers between."""
        wide = cls.linear(label, low, high, n_ticks=n_ticks, whole=whole)
        if _is_empty(low, high):
            return wide
        slack = 1e-9 * (high - low)
        return cls(label, low, high, tuple(t for t in wide.ticks if low - slack <= t <= high + slack))

    @classmethod
    def logarithmic(cls, label: str, low: float, high: float) -> Axis:
        """Return a logarithmic axis that holds `low` to `high`, both positive; ticks at powers of ten, or 1, 2, 5."""
        low, high = low * 0.9, high * 1.1
        decades = math.log10(high / low)
        parts = (1.0, 2.0, 5.0) if decades < 2 else (1.0, 3.0) if decades < 3 else (1.0,)
        exponents = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
        candidates = [part * 10.0**exponent for exponent in exponents for part in parts]
        return cls(label, low, high, tuple(t for t in candidates if low <= t <= high), is_log=True)

    def place(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return where `values` lie, 0 at the low end and 1 at the high end."""
        numbers = np.asarray(values, dtype=np.float64)
        if self.is_log:
            span = math.log(self.high / self.low)
            return np.asarray(np.log(numbers / self.low) / span, dtype=np.float64)
        return np.asarray((numbers - self.low) / (self.high - self.low), dtype=np.float64)

    def tick_text(self, value: float) -> str:
        """Return a tick as it is written."""
        return number(value, digits=4)


def nice_step(rough: float) -> float:
    """Return the smallest of 1, 2, 2.5, 5 times a power of ten that is at least `rough` (positive).

    >>> nice_step(0.3), nice_step(7), nice_step(21)
    (0.5, 10.0, 25.0)
    """
    power: float = 10.0 ** math.floor(math.log10(rough))
    for factor in (1.0, 2.0, 2.5, 5.0):
        if factor * power >= rough * (1 - 1e-9):
            return factor * power
    return 10.0 * power


def nearest_nice(rough: float) -> float:
    """Return whichever of 1, 2, 2.5, 5 times a power of ten is nearest to `rough` (positive), as a factor.

    >>> nearest_nice(0.12), nearest_nice(30)
    (0.1, 25.0)
    """
    power = 10.0 ** math.floor(math.log10(rough))
    return min((f * power for f in (1.0, 2.0, 2.5, 5.0, 10.0)), key=lambda step: abs(math.log(step / rough)))


def nice_length(most: float) -> float:
    """Return the largest of 1, 2, 5 times a power of ten that is at most `most` (positive): for scale bars.

    >>> nice_length(178), nice_length(7)
    (100.0, 5.0)
    """
    power: float = 10.0 ** math.floor(math.log10(most) + 1e-9)
    return max(factor * power for factor in (1.0, 2.0, 5.0) if factor * power <= most * (1 + 1e-9))


def _is_empty(low: float, high: float) -> bool:
    return high - low <= max(1e-9 * max(abs(low), abs(high)), 1e-300)
