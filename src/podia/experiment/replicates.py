"""Comparison of two conditions with replicates as the units.

Cells of one replicate share its day, passage and dish. A test that treats them as independent finds a difference
between any two dishes, given enough cells (Lazic et al., PLoS Biology 16, e2005282, 2018). The test here uses one mean
per replicate. For equal numbers of cells, this t test equals the test of the condition in a mixed model with a random
intercept per replicate, with the correct degrees of freedom (Murtaugh, Ecology 88, 56, 2007).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats
from scipy.optimize import brentq

from podia.evaluation.t_interval import LEVEL, student

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Interval:
    """A value with the limits of its 95 % interval; NaN if undefined."""

    value: float
    low: float
    high: float


UNDEFINED = Interval(math.nan, math.nan, math.nan)


@dataclass(frozen=True)
class Contrast:
    """Result of a t test over replicates.

    Parameters
    ----------
    difference
        Condition minus control.
    p_value
        Two-sided.
    standard_error
        Of the difference.
    deviation
        Standard deviation of replicates within a condition; of differences, where paired.
    dof
        Degrees of freedom.
    """

    difference: Interval
    p_value: float
    standard_error: float
    deviation: float
    dof: int


def contrast(control: Array, condition: Array, *, paired: bool) -> Contrast:
    """Return the t test of the means of replicates, at least two of each condition.

    The unpaired test is Student's, with pooled standard deviation. Two to five replicates are too few to estimate the
    deviation of each condition (Welch's test then loses most of its degrees of freedom), and for equal numbers of
    replicates, Student's t test keeps its level well under unequal variances (Posten, 1978). Rank and permutation tests
    cannot reach p < 0.1 with three against three.

    Parameters
    ----------
    control, condition
        One value per replicate; if `paired`, of the same replicates in the same order.
    paired
        Whether replicates form pairs.
    """
    if paired:
        apart = condition - control
        dof, deviation = len(apart) - 1, float(apart.std(ddof=1))
        error = deviation / math.sqrt(len(apart))
    else:
        dof = len(control) + len(condition) - 2
        squares = ((control - control.mean()) ** 2).sum() + ((condition - condition.mean()) ** 2).sum()
        deviation = math.sqrt(float(squares) / dof)
        error = deviation * math.sqrt(1 / len(control) + 1 / len(condition))
    difference = float(condition.mean() - control.mean())
    of_difference = student(
        difference, error, dof, size=float(max(abs(control.mean()), abs(condition.mean())))
    )
    return Contrast(
        Interval(difference, of_difference.low, of_difference.high),
        of_difference.p_value,
        error,
        deviation,
        dof,
    )


def ratio(control: Array, condition: Array, *, paired: bool) -> Interval:
    """Return the ratio of the geometric means of replicates, condition over control; NaN unless all are positive."""
    if (control <= 0).any() or (condition <= 0).any():
        return UNDEFINED
    found = contrast(np.log(control), np.log(condition), paired=paired).difference
    return Interval(math.exp(found.value), math.exp(found.low), math.exp(found.high))


def hedges_g(control: Array, condition: Array, *, paired: bool) -> Interval:
    """Return Hedges' g: the difference in standard deviations of replicates, corrected for small samples.

    ``g = (1 - 3 / (4 dof - 1)) difference / deviation``. The deviation is the root of the mean variance of both
    conditions, weighted by degrees of freedom: the same scale for paired (``d_av`` of Cumming, Understanding the New
    Statistics, 2012, chapter 11) and unpaired replicates (Hedges 1981). The deviation of *differences* is not used: it
    decreases with the correlation of pairs, so the same effect would appear larger.

    The degrees of freedom are those of the deviation: ``n_1 + n_2 - 2``, and for pairs that correlate with r
    ``2 (n - 1) / (1 + r^2)`` (Cousineau & Goulet-Pelletier, The Quantitative Methods for Psychology 17, 51, 2021),
    and too few for a correction with two pairs: NaN. Limits are the noncentralities at which the observed t is the 2.5
    and the 97.5 percentile, in deviations (Steiger & Fouladi 1997; for pairs Algina & Keselman, Educational and
    Psychological Measurement 63, 537, 2003); they exclude 0 exactly if p < 0.05.

    Parameters
    ----------
    control, condition
        As of :func:`contrast`.
    """
    found = contrast(control, condition, paired=paired)
    if math.isnan(found.p_value) or (paired and found.dof < 2):
        return UNDEFINED
    dof, deviation = float(found.dof), found.deviation
    if paired:
        variances = control.var(ddof=1), condition.var(ddof=1)
        deviation = math.sqrt(float(np.mean(variances)))
        if not min(variances) > 0:
            return UNDEFINED
        dof = 2 * dof / (1 + float(np.corrcoef(control, condition)[0, 1]) ** 2)
    t = found.difference.value / found.standard_error
    unit = found.standard_error / deviation
    low, high = (unit * _noncentrality(t, found.dof, share) for share in ((1 + LEVEL) / 2, (1 - LEVEL) / 2))
    return Interval((1 - 3 / (4 * dof - 1)) * found.difference.value / deviation, low, high)


def _noncentrality(t: float, dof: int, share: float) -> float:
    """Return the noncentrality at which the cumulative probability of `t` is `share`."""

    def excess(noncentrality: float) -> float:
        below = float(stats.nct.cdf(t, dof, noncentrality))
        # scipy's series fail for extreme values: there, t certainly lies on one side.
        return (float(noncentrality < t) if math.isnan(below) else below) - share

    low = high = t
    reach = 1.0
    while excess(low) <= 0 and reach < 1e6:
        low, reach = low - reach, 2 * reach
    reach = 1.0
    while excess(high) >= 0 and reach < 1e6:
        high, reach = high + reach, 2 * reach
    return float(brentq(excess, low, high, xtol=1e-6)) if excess(low) > 0 > excess(high) else math.nan


def variance_of_replicates(groups: list[list[Array]]) -> float:
    """Return the fraction of the variance of cells within conditions that is between replicates.

    It is the intraclass correlation from the mean squares of a nested analysis of variance (Sokal & Rohlf, Biometry,
    1995, box 10.6), 0 if that is negative; NaN without two cells in a replicate.

    Parameters
    ----------
    groups
        Condition -> replicate -> values of its cells.
    """
    between = within = 0.0
    dof_between = dof_within = 0
    sizes = 0.0
    for replicates in groups:
        n = np.array([len(values) for values in replicates])
        together = np.concatenate(replicates)
        between += sum(len(v) * (v.mean() - together.mean()) ** 2 for v in replicates)
        within += sum(float(((v - v.mean()) ** 2).sum()) for v in replicates)
        dof_between += len(replicates) - 1
        dof_within += len(together) - len(replicates)
        sizes += float(n.sum() - (n**2).sum() / n.sum())
    if dof_within < 1 or dof_between < 1:
        return math.nan
    mean_within = within / dof_within
    of_replicates = max(0.0, (between / dof_between - mean_within) / (sizes / dof_between))
    total = of_replicates + mean_within
    return of_replicates / total if total > 0 else math.nan
