"""Figures of curves over time, with their comparison in words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from podia.experiment.compared import Compared
from podia.experiment.curves import CURVES, CurveKind
from podia.reporting.charts.curves import ConditionCurve, curves_plot
from podia.reporting.wording import number, pretty_unit

_SUMMARIES = {"mean": "mean over time", "slope": "slope"}


@dataclass(frozen=True)
class DrawnFigure:
    """A plot with its title, caption and data; `name` is that of its file."""

    name: str
    title: str
    plot: Markup | None
    data: pd.DataFrame
    lines: tuple[str, ...]


def curve_figures(compared: Compared) -> list[DrawnFigure]:
    """Return a figure for each curve that is defined."""
    curves = compared.gathered.curves
    return [
        _figure(compared, curve, curves[curves["curve"] == curve.name])
        for curve in CURVES
        if (curves["curve"] == curve.name).any()
    ]


def _figure(compared: Compared, curve: CurveKind, rows: pd.DataFrame) -> DrawnFigure:
    calibration = compared.gathered.calibration
    means = compared.curves[compared.curves["curve"] == curve.name]
    time = np.unique(rows["time"].to_numpy(np.float64))
    conditions = {
        str(condition): ConditionCurve(
            mean=own["mean"].to_numpy(np.float64),
            low=own["low"].to_numpy(np.float64),
            high=own["high"].to_numpy(np.float64),
            replicates={
                str(name): one["value"].to_numpy(np.float64)
                for name, one in rows[rows["condition"] == condition].groupby("replicate", sort=False)
            },
        )
        for condition, own in means.groupby("condition", sort=False)
    }
    unit = pretty_unit(curve.unit(calibration))
    plot = curves_plot(
        time,
        conditions,
        time_label="time (h)" if calibration.long_time_unit == "h" else "frame",
        label=f"{curve.words.lower()} ({unit})" if unit else curve.words.lower(),
    )
    return DrawnFigure(f"curve_{curve.name}", curve.words, plot, means, _lines(compared, curve.name))


def _lines(compared: Compared, name: str) -> tuple[str, ...]:
    found = compared.curve_comparison
    return tuple(
        f"{row.condition}, {_SUMMARIES[str(row.summary)]}: {number(row.mean_condition)} against "
        f"{number(row.mean_control)}, corrected p = {number(row.p_adjusted, digits=2)}"
        for row in found[found["curve"] == name].itertuples()
    )
