"""How the cells of a replicate become the one value that is compared."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import pandas as pd

Statistic = Literal["mean", "median", "ratio of sums"]


@dataclass(frozen=True)
class Pooling:
    """How a replicate's value follows from its cells.

    Parameters
    ----------
    statistic
        Mean or median of the cells' values; or, where a cell alone has too little for a value of its own, the ratio of
        two sums over all cells.
    numerator, denominator
        Columns that a ratio sums.
    """

    statistic: Statistic = "mean"
    numerator: str = ""
    denominator: str = ""

    def value(self, cells: pd.DataFrame, measure: str) -> float:
        """Return the value of a replicate's `cells`; NaN where none counts."""
        if self.statistic == "ratio of sums":
            below = float(cells[self.denominator].sum())
            return float(cells[self.numerator].sum()) / below if below > 0 else math.nan
        values = cells[measure]
        return float(values.median() if self.statistic == "median" else values.mean())


MEAN = Pooling()
