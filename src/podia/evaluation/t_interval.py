"""Student's t intervals and tests for few units."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

LEVEL = 0.95

_ROUNDING = 1e-12
"""Relative standard errors below this value are due to rounding."""


@dataclass(frozen=True)
class Student:
    """The 95 % interval of an estimate, and the two-sided p-value against 0."""

    low: float
    high: float
    p_value: float


UNKNOWN = Student(math.nan, math.nan, math.nan)


def student(estimate: float, standard_error: float, dof: int, *, size: float) -> Student:
    """Return interval and p-value of an estimate with `dof` degrees of freedom.

    NaN without degrees of freedom, or if all units are identical, because their variation is then unknown.

    Parameters
    ----------
    size
        Magnitude of the measured values, to distinguish a standard error from rounding.

    Examples
    --------
    >>> student(1.0, 0.5, 4, size=1.0).p_value.__round__(3)
    0.116
    """
    if dof < 1 or not standard_error > _ROUNDING * max(size, 1e-300):
        return UNKNOWN
    reach = float(stats.t.ppf((1 + LEVEL) / 2, dof)) * standard_error
    p_value = 2 * float(stats.t.sf(abs(estimate) / standard_error, dof))
    return Student(estimate - reach, estimate + reach, p_value)


def student_of_mean(values: NDArray[np.float64], *, size: float) -> Student:
    """Return interval and p-value of the mean of `values`, one per unit."""
    n = len(values)
    if n < 2:
        return UNKNOWN
    return student(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(n), n - 1, size=size)
