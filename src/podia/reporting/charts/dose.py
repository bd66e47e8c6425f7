"""Dose-response plot: replicates and the fitted curve over the logarithm of the dose."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from podia.reporting.charts.axis import Axis
from podia.reporting.charts.plot import Plot
from podia.reporting.wording import number

Array = NDArray[np.float64]


def dose_plot(
    dose: Array,
    value: Array,
    curve: Callable[[Array], Array] | None,
    *,
    ec50: float,
    dose_label: str,
    label: str,
) -> Markup | None:
    """Return dots for replicates, the fitted curve, and EC50; None without a positive dose.

    Dose 0 stands at the left end, a factor of the smallest step between doses (at most ten) below the lowest.
    """
    positive = np.unique(dose[dose > 0])
    if not len(positive):
        return None
    step = min(10.0, float((positive[1:] / positive[:-1]).min()) if len(positive) > 1 else 10.0)
    zero = float(positive[0]) / step
    x = _DoseAxis.of(dose_label, zero if (dose == 0).any() else None, positive)
    fine = np.geomspace(x.low, x.high, 120)
    line = curve(np.where(fine < zero * 1.02, 0.0, fine)) if curve is not None else np.empty(0)
    heights = np.concatenate([value, line, [0.0]])
    y = Axis.linear(label, float(heights.min()), float(heights.max()), n_ticks=4)
    plot = Plot(x, y, description=f"{label} by dose")
    if len(line):
        plot.line(fine, line, "series")
        plot.record("fit", fine, line)
    if math.isfinite(ec50) and x.low < ec50 < x.high:
        plot.marker_at(ec50, f"EC50 {number(ec50)}")
    for one, height in zip(dose, value, strict=True):
        plot.dot(
            float(one) if one > 0 else zero, float(height), 4, "dot", title=f"{number(one)}: {number(height)}"
        )
    plot.record("replicates", dose, value)
    return plot.svg()


@dataclass(frozen=True)
class _DoseAxis(Axis):
    """A logarithmic axis on which only doses are written; its first tick may stand for 0."""

    has_zero: bool = False

    @classmethod
    def of(cls, label: str, zero: float | None, doses: Array) -> _DoseAxis:
        """Return the axis of `doses`, with 0 at the place `zero`."""
        ticks = (*(() if zero is None else (zero,)), *doses.tolist())
        return cls(label, ticks[0] / 1.15, ticks[-1] * 1.15, ticks, True, zero is not None)

    def tick_text(self, value: float) -> str:
        """Return the dose at `value`."""
        return "0" if self.has_zero and value == self.ticks[0] else f"{value:g}"
