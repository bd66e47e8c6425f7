"""Pooling of the cells of a replicate into one value."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Statistic = Literal["mean", "median", "ratio of sums"]


@dataclass(frozen=True)
class Pooling:
    """Statistic that gives the value of a replicate from its cells.

    Parameters
    ----------
    statistic
        Mean or median over cells; or the ratio of two sums over all cells, if single cells have too few observations.
    numerator, denominator
        Columns whose sums form the ratio.
    """

    statistic: Statistic = "mean"
    numerator: str = ""
    denominator: str = ""

    def value(self, cells: pd.DataFrame, measure: str) -> float:
        """Return the value of a replicate from its `cells`; NaN if none counts."""
        if self.statistic == "ratio of sums":
            below = float(cells[self.denominator].sum())
            return float(cells[self.numerator].sum()) / below if below > 0 else math.nan
        values = cells[measure]
        return float(values.median() if self.statistic == "median" else values.mean())


MEAN = Pooling()
