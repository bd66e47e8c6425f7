"""Statistical power of an experiment by its number of replicates.

Power is computed for differences of interest, never for the observed one, which would give no more information than the
p-value (Hoenig & Heisey, The American Statistician 55, 19, 2001).
"""

from __future__ import annotations

import math

from scipy import stats
from scipy.optimize import brentq

ALPHA, POWER = 0.05, 0.8

MAX_REPLICATES = 1000


def power(noncentrality: float, dof: int) -> float:
    """Return the power of a two-sided t test at 5 %, for a `noncentrality` of at least 0."""
    limit = float(stats.t.ppf(1 - ALPHA / 2, dof))
    above = float(stats.nct.sf(limit, dof, noncentrality))
    below = float(stats.nct.cdf(-limit, dof, noncentrality))
    # scipy's series fail for extreme values: there, everything is above the limit and nothing below its opposite.
    return (1.0 if math.isnan(above) else above) + (0.0 if math.isnan(below) else below)


def detectable_difference(standard_error: float, dof: int) -> float:
    """Return the smallest difference that is detected with 80 % power."""
    highest = 4.0
    while power(highest, dof) < POWER:
        highest *= 2
    return standard_error * float(brentq(lambda nc: power(nc, dof) - POWER, 0.0, highest))


def replicates_needed(difference: float, deviation: float, *, paired: bool) -> int | None:
    """Return the number of replicates per condition that detects `difference` with 80 % power; None if over 1000.

    Parameters
    ----------
    difference
        Not zero.
    deviation
        Standard deviation of replicates within a condition; of differences, where `paired`.
    """
    if not math.isfinite(deviation) or deviation <= 0 or difference == 0:
        return None

    def enough(n: int) -> bool:
        dof = n - 1 if paired else 2 * n - 2
        error = deviation * math.sqrt((1 if paired else 2) / n)
        return power(abs(difference) / error, dof) >= POWER

    low, high = 1, 2
    while not enough(high):
        low, high = high, 2 * high
        if low > MAX_REPLICATES:
            return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high if high <= MAX_REPLICATES else None
