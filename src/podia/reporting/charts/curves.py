"""Curves of several conditions over time, with bands and the curves of replicates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from podia.reporting.charts.axis import Axis
from podia.reporting.charts.plot import Plot

N_COLOURS = 6
"""Colours of conditions in the style sheet; further ones begin anew."""

Array = NDArray[np.float64]


@dataclass(frozen=True)
class ConditionCurve:
    """The mean over replicates with its band, and the curve of each replicate."""

    mean: Array
    low: Array
    high: Array
    replicates: Mapping[str, Array]


def curves_plot(
    time: Array, conditions: Mapping[str, ConditionCurve], *, time_label: str, label: str
) -> Markup | None:
    """Return thick lines for conditions, bands for intervals, thin lines for replicates; None if all are undefined."""
    parts = [v for c in conditions.values() for v in (c.mean, *c.replicates.values())]
    values = np.concatenate([np.empty(0), *parts])
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    x = Axis.exact(time_label, float(time[0]), float(time[-1]))
    y = Axis.linear(label, min(0.0, float(values.min())), float(values.max()), n_ticks=4)
    colours = {name: index % N_COLOURS + 1 for index, name in enumerate(conditions)}
    legend = [(name, f"condition-{colour}") for name, colour in colours.items()]
    plot = Plot(x, y, description=f"{label} over time by condition", legend=legend)
    for name, curve in conditions.items():
        low, high = np.clip(curve.low, y.low, y.high), np.clip(curve.high, y.low, y.high)
        plot.band(time, low, high, style=f"condition-band condition-{colours[name]}", title=name)
    for name, curve in conditions.items():
        for replicate, own in curve.replicates.items():
            plot.line(time, own, f"thin condition-{colours[name]}", title=f"{name}, replicate {replicate}")
            plot.record(f"{name}, replicate {replicate}", time, own)
    for name, curve in conditions.items():
        plot.line(time, curve.mean, f"series condition-{colours[name]}", title=name)
        for words, line in (("mean", curve.mean), ("low", curve.low), ("high", curve.high)):
            plot.record(f"{name}, {words}", time, line)
    return plot.svg()
