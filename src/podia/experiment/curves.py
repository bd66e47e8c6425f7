"""Curves over time by condition, with bands over replicates, and their comparison."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import stats

from podia.data.calibration import Calibration
from podia.data.tables import CELLS, FRAMES
from podia.experiment.assignment import Assignment
from podia.experiment.config import CompareConfig
from podia.experiment.correction import corrected
from podia.experiment.replicates import contrast
from podia.results.results import Results

Array = NDArray[np.float64]
LEVEL = 0.95


@dataclass(frozen=True)
class CurveKind:
    """What is drawn over time: its name, words, and value in each frame of a movie."""

    name: str
    words: str
    of_frames: Callable[[Results], pd.Series]
    unit: Callable[[Calibration], str]


def _frame_column(name: str) -> Callable[[Results], pd.Series]:
    return lambda results: results.tables[FRAMES.name][FRAMES.name_of(name, results.calibration)]


def _relative_cells(results: Results) -> pd.Series:
    n_cells = results.tables[FRAMES.name]["n_cells"]
    start = float(n_cells.iloc[:3].mean())
    return n_cells / start if start > 0 else n_cells * math.nan


def _median_speed(results: Results) -> pd.Series:
    cells = results.tables[CELLS.name]
    speeds = cells.groupby("frame")[CELLS.name_of("speed", results.calibration)].median()
    return speeds.reindex(range(len(results.tables[FRAMES.name])))


def _unit_of(table: Any, name: str) -> Callable[[Calibration], str]:
    (column,) = (c for c in table.columns if c.name == name)
    return lambda calibration: str(column.unit(calibration))


CURVES: tuple[CurveKind, ...] = (
    CurveKind("n_cells", "Cells in the field", _frame_column("n_cells"), lambda _: ""),
    CurveKind("relative_n_cells", "Cells relative to the first three frames", _relative_cells, lambda _: ""),
    CurveKind("confluence", "Confluence", _frame_column("confluence"), lambda _: ""),
    CurveKind("speed", "Median speed of cells", _median_speed, _unit_of(CELLS, "speed")),
    CurveKind("wound_area", "Wound area", _frame_column("wound_area"), _unit_of(FRAMES, "wound_area")),
)


def chosen_curves(names: Sequence[str]) -> list[CurveKind]:
    """Return the curves with these names; all if no measure is chosen by name."""
    return [curve for curve in CURVES if not names or curve.name in names]


def replicate_curves(
    assignments: Sequence[Assignment], analyses: Sequence[Results], kinds: Sequence[CurveKind] = CURVES
) -> pd.DataFrame:
    """Return the curve of each replicate, the mean of its movies, at common times.

    Times go from the first frame to the end of the shortest movie, in steps of the longest frame interval; values
    between frames are interpolated linearly.

    Returns
    -------
    DataFrame
        ``curve``, ``condition``, ``replicate``, ``time`` (h, or frames), ``value``. Without rows if a movie has a
        single frame. Curves that are undefined in all movies are left out.
    """
    steps = [results.calibration.long_time_per_frame for results in analyses]
    end = min((r.origin.n_frames - 1) * step for r, step in zip(analyses, steps, strict=True))
    times = np.arange(0.0, end * (1 + 1e-9), max(steps))
    rows = []
    for curve in kinds:
        for row, results, step in zip(assignments, analyses, steps, strict=True):
            values = curve.of_frames(results).to_numpy(np.float64)
            at = np.interp(times, np.arange(len(values)) * step, values)
            rows.append(
                pd.DataFrame(
                    {
                        "curve": curve.name,
                        "condition": row.condition,
                        "replicate": row.replicate,
                        "time": times,
                        "value": at,
                    }
                )
            )
    keys = ["curve", "condition", "replicate", "time"]
    if not rows or len(times) < 2:
        return pd.DataFrame({name: np.empty(0) for name in (*keys, "value")})
    table = pd.concat(rows, ignore_index=True)
    means = table.groupby(keys, sort=False)["value"].mean().reset_index()
    known = means.groupby("curve")["value"].transform("count") > 0
    return means[known].reset_index(drop=True)


def condition_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the mean and its 95 % band over replicates, one row per curve, condition and time.

    The band is a t interval at each time, over replicates; undefined for one replicate. It is pointwise: it does not
    compare whole curves.
    """
    by = curves.groupby(["curve", "condition", "time"], sort=False)["value"]
    table = by.agg(mean="mean", deviation="std", n="count").reset_index()
    n = table["n"].to_numpy(np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        reach = stats.t.ppf((1 + LEVEL) / 2, np.where(n > 1, n - 1, np.nan)) * table["deviation"] / np.sqrt(n)
    return table.assign(low=table["mean"] - reach, high=table["mean"] + reach).drop(columns="deviation")


def compare_curves(curves: pd.DataFrame, config: CompareConfig, control: str) -> pd.DataFrame:
    """Return the comparison of curves with those of the control, by two summary measures of each replicate's curve.

    The values of a curve at different times are not independent, so a test at each time finds differences by chance.
    Instead, each replicate's curve is reduced to its mean over time and its slope (least squares), and these are
    compared by the t test over replicates (Matthews et al., British Medical Journal 300, 230, 1990).

    Returns
    -------
    DataFrame
        ``curve``, ``summary`` (mean, slope), ``control``, ``condition``, ``mean_control``, ``mean_condition``,
        ``difference``, ``difference_low``, ``difference_high``, ``p_value``, ``p_adjusted``.
    """
    rows = []
    for curve, of_curve in curves.groupby("curve", sort=False):
        summaries = {
            (str(condition), str(replicate)): curve_summaries(
                rows_of["time"].to_numpy(np.float64), rows_of["value"].to_numpy(np.float64)
            )
            for (condition, replicate), rows_of in of_curve.groupby(["condition", "replicate"], sort=False)
        }
        conditions = list(dict.fromkeys(condition for condition, _ in summaries))
        for index, summary in enumerate(("mean", "slope")):
            for condition in conditions:
                if condition == control or control not in conditions:
                    continue
                groups = [
                    {
                        r: found[index]
                        for (c, r), found in summaries.items()
                        if c == name and np.isfinite(found[index])
                    }
                    for name in (control, condition)
                ]
                if config.paired:
                    shared = [name for name in groups[0] if name in groups[1]]
                    groups = [{name: group[name] for name in shared} for group in groups]
                one, two = (np.array(list(group.values()), dtype=np.float64) for group in groups)
                if min(len(one), len(two)) < 2:
                    continue
                found = contrast(one, two, paired=config.paired)
                rows.append(
                    {
                        "curve": curve,
                        "summary": summary,
                        "control": control,
                        "condition": condition,
                        "mean_control": float(one.mean()),
                        "mean_condition": float(two.mean()),
                        "difference": found.difference.value,
                        "difference_low": found.difference.low,
                        "difference_high": found.difference.high,
                        "p_value": found.p_value,
                    }
                )
    table = pd.DataFrame(rows, columns=COLUMNS[:-1])
    table["p_adjusted"] = corrected(table["p_value"].to_numpy(np.float64), config.correction)
    return table


COLUMNS = (
    "curve",
    "summary",
    "control",
    "condition",
    "mean_control",
    "mean_condition",
    "difference",
    "difference_low",
    "difference_high",
    "p_value",
    "p_adjusted",
)


def curve_summaries(time: Array, values: Array) -> tuple[float, float]:
    """Return mean and slope over time of one curve, of its defined values; NaN with fewer than two."""
    known = np.isfinite(values)
    if known.sum() < 2:
        return math.nan, math.nan
    middle, defined = time[known] - time[known].mean(), values[known]
    return float(defined.mean()), float((middle * defined).sum() / (middle**2).sum())
