"""Division rate and generation time."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from podia.data.lineage import Lineage
from podia.measurement.culture.trend import LEVEL, Array


@dataclass(frozen=True)
class DivisionRate:
    """Divisions, the time over which cells were observed, and their ratio with its 95 % interval; time in frames."""

    n_divisions: int
    observed: float
    rate: float
    low: float
    high: float


def division_rate(tracks: pd.DataFrame, lineage: Lineage) -> DivisionRate:
    """Return divisions per cell and frame, with the exact Poisson interval (Garwood, Biometrika 28, 437, 1936).

    The time of observation is that of all cells. The interval between the last frame of a mother and the first of its
    daughters counts half, because the cell divided at an unknown time within it.

    Parameters
    ----------
    tracks
        ``track_id``, ``first_frame`` and ``duration`` (frames).
    lineage
        Divisions.
    """
    first = dict(zip(tracks["track_id"], tracks["first_frame"], strict=True))
    last = dict(zip(tracks["track_id"], tracks["first_frame"] + tracks["duration"], strict=True))
    families = lineage.daughters()
    in_between = [min(first[child] for child in children) - last[m] for m, children in families.items()]
    observed = float(tracks["duration"].sum()) + 0.5 * float(sum(in_between))
    n = len(families)
    if observed <= 0:
        return DivisionRate(n, observed, math.nan, math.nan, math.nan)
    low, high = poisson_interval(n)
    return DivisionRate(n, observed, n / observed, low / observed, high / observed)


def poisson_interval(n: int) -> tuple[float, float]:
    """Return the exact 95 % interval of the expected number of events, of which `n` were observed.

    Examples
    --------
    >>> [round(limit, 2) for limit in poisson_interval(10)]
    [4.8, 18.39]
    """
    tail = (1 - LEVEL) / 2
    low = float(stats.chi2.ppf(tail, 2 * n)) / 2 if n else 0.0
    return low, float(stats.chi2.ppf(1 - tail, 2 * n + 2)) / 2


def generation_times(tracks: pd.DataFrame, lineage: Lineage) -> Array:
    """Return the time from birth to division of each track, in frames; NaN unless both were observed."""
    first = dict(zip(tracks["track_id"], tracks["first_frame"], strict=True))
    families = lineage.daughters()
    return np.array(
        [
            min(first[child] for child in families[track]) - first[track]
            if track in families and track in lineage.parents
            else math.nan
            for track in tracks["track_id"]
        ],
        dtype=np.float64,
    )


@dataclass(frozen=True)
class GenerationTime:
    """Cells observed from birth to division, and the median generation time with its 95 % interval, in frames."""

    n_whole: int
    median: float
    low: float
    high: float


def generation_time(tracks: pd.DataFrame, lineage: Lineage) -> GenerationTime:
    """Return the median generation time of the cells that were born in the movie, by Kaplan and Meier's estimate.

    Cells whose division was not observed count for as long as they were observed. The mean over cells observed from
    birth to division is biased towards short times, because slow cells outlast the movie. The median is NaN if fewer
    than half of the cells would have divided by the longest observed age; limits are those of Brookmeyer & Crowley
    (Biometrics 38, 29, 1982), on the log-log scale.

    Parameters
    ----------
    tracks
        ``track_id``, ``first_frame``, ``duration`` (frames) and ``generation_time`` (frames).
    lineage
        Births.
    """
    born = tracks[tracks["track_id"].isin(list(lineage.parents))]
    whole = born["generation_time"].dropna().to_numpy(np.float64)
    others = born.loc[born["generation_time"].isna(), "duration"].to_numpy(np.float64)
    if not len(whole):
        return GenerationTime(0, math.nan, math.nan, math.nan)
    survival = stats.ecdf(stats.CensoredData(whole, right=others)).sf
    if len(born) < 2:
        return GenerationTime(len(whole), float(whole[0]), math.nan, math.nan)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        # If all or none divide, Greenwood's variance is undefined, and the limits are NaN, as intended.
        warnings.simplefilter("ignore", RuntimeWarning)
        limits = survival.confidence_interval(LEVEL, method="log-log")
    ages = survival.quantiles
    return GenerationTime(
        len(whole),
        _median(ages, survival.probabilities),
        _median(ages, limits.low.probabilities),
        _median(ages, limits.high.probabilities),
    )


def _median(ages: Array, survival: Array) -> float:
    """Return the first age at which at most half survive; NaN if that is not observed."""
    reached = np.flatnonzero(survival <= 0.5)
    return float(ages[reached[0]]) if len(reached) else math.nan
