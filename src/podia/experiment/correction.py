"""Correction of p-values for multiple testing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import false_discovery_control

from podia.experiment.config import Correction


def corrected(p_values: NDArray[np.float64], correction: Correction) -> NDArray[np.float64]:
    """Return adjusted p-values; NaN values stay NaN and are not counted.

    benjamini-hochberg: at 0.05, one discovery in twenty is false on average (Benjamini & Hochberg 1995). holm: the
    probability of any false discovery is at most 0.05 (Holm, Scandinavian Journal of Statistics 6, 65, 1979).

    >>> corrected(np.array([0.01, 0.04, np.nan, 0.03]), "holm").tolist()
    [0.03, 0.06, nan, 0.06]
    """
    adjusted = p_values.copy()
    known = np.flatnonzero(~np.isnan(p_values))
    if correction == "none" or not len(known):
        return adjusted
    if correction == "benjamini-hochberg":
        adjusted[known] = false_discovery_control(p_values[known])
        return adjusted
    order = known[np.argsort(p_values[known], kind="stable")]
    raised = p_values[order] * np.arange(len(order), 0, -1)
    adjusted[order] = np.minimum(1.0, np.maximum.accumulate(raised))
    return adjusted
