"""Histograms."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

from podia.reporting.charts.axis import Axis, nearest_nice, nice_step
from podia.reporting.charts.plot import Plot
from podia.reporting.wording import count, number

_MAX_BINS, _MIN_BINS = 32, 8


def histogram(
    values: ArrayLike,
    *,
    label: str,
    unit: str,
    counted: str,
    limits: tuple[float, float] | None = None,
    grain: float | None = None,
) -> Markup | None:
    """Return a histogram with the median marked, or None without a defined value.

    Bins are round numbers wide, near the width of Freedman and Diaconis (1981). The axis reaches from the 0.5th
    to the 99.5th percentile; a note gives the number of values beyond it.

    Parameters
    ----------
    values
        Any number of values; undefined ones are left out.
    label, unit
        What is measured, and its unit.
    counted
        What the bars count, in the plural, such as ``cells x frames``.
    limits
        Bounds of the measure, such as (0, 1).
    grain
        What all values are whole multiples of, as times are of the frame interval; each bin then holds equally
        many of the possible values.
    """
    defined = np.asarray(values, np.float64)
    defined = defined[np.isfinite(defined)]
    if not len(defined):
        return None
    edges = _edges(defined, limits) if grain is None else _grained_edges(defined, grain)
    heights, _ = np.histogram(defined, edges)
    axis_label = f"{label} ({unit})" if unit else label
    x = Axis.exact(axis_label, float(edges[0]), float(edges[-1]), whole=grain is not None and grain % 1 == 0)
    y = Axis.linear(counted, 0, max(int(heights.max()), 1), n_ticks=4, whole=True)
    median = float(np.median(defined))
    plot = Plot(
        x, y, description=f"Histogram of {label}: {len(defined)} values, median {number(median, unit)}"
    )
    for low, high, height in zip(edges[:-1], edges[1:], heights, strict=True):
        title = f"{number(low)} to {number(high, unit)}: {height}"
        plot.bar(low, high, height, title=title)
    plot.record("lower edge of the bin", edges[:-1], heights)
    beyond = int((defined < edges[0]).sum() + (defined > edges[-1]).sum())
    if edges[0] <= median <= edges[-1]:
        plot.marker_at(median, f"median {number(median, unit)}")
    if beyond:
        plot.footnote(f"{count(beyond, 'value')} beyond the axis")
    return plot.svg()


def whole_number_histogram(values: ArrayLike, *, label: str, counted: str) -> Markup | None:
    """Return a bar for each whole number from 0 (or the smallest) to the largest, or None without values."""
    numbers = np.asarray(values, np.int64)
    if not len(numbers):
        return None
    low = min(0, int(numbers.min()))
    heights = np.bincount(numbers - low)
    x = Axis(label, low - 0.5, low + len(heights) - 0.5, _whole_ticks(low, low + len(heights) - 1))
    y = Axis.linear(counted, 0, int(heights.max()), n_ticks=4, whole=True)
    mean = float(numbers.mean())
    plot = Plot(x, y, description=f"Counts of {label}: mean {number(mean)}")
    for index, height in enumerate(heights):
        plot.bar(low + index - 0.4, low + index + 0.4, height, title=f"{low + index}: {height}")
    plot.record("value", low + np.arange(len(heights)), heights)
    plot.marker_at(mean, f"mean {number(mean)}")
    return plot.svg()


def compared_histograms(
    groups: Mapping[str, ArrayLike], *, label: str, unit: str, counted: str
) -> Markup | None:
    """Return two groups on one axis, drawn as steps with their medians, or None where neither has a value."""
    defined = {}
    for name, values in groups.items():
        array = np.asarray(values, np.float64)
        defined[name] = array[np.isfinite(array)]
    together = np.concatenate(list(defined.values()))
    if not len(together):
        return None
    edges = _edges(together, (0.0, math.inf))
    heights = {name: np.histogram(values, edges)[0] for name, values in defined.items()}
    x = Axis.exact(f"{label} ({unit})" if unit else label, float(edges[0]), float(edges[-1]))
    y = Axis.linear(counted, 0, max(1, *(int(h.max()) for h in heights.values())), n_ticks=4, whole=True)
    medians = {
        name: f"median {number(float(np.median(values)), unit)}" if len(values) else "none"
        for name, values in defined.items()
    }
    legend = [
        (f"{name}: {words}", f"group-{index + 1}") for index, (name, words) in enumerate(medians.items())
    ]
    plot = Plot(x, y, description=f"Histograms of {label}: {' and '.join(groups)}", legend=legend)
    for index, (name, height) in enumerate(heights.items()):
        steps_x = np.repeat(edges, 2)
        steps_y = np.concatenate([[0], np.repeat(height, 2), [0]])
        style = f"group-{index + 1}"
        plot.line(steps_x, steps_y, f"steps {style}")
        plot.record(f"{name}, lower edge of the bin", edges[:-1], height)
    return plot.svg()


def _edges(values: NDArray[np.float64], limits: tuple[float, float] | None) -> NDArray[np.float64]:
    low, high, width = _range_and_width(values)
    step = nearest_nice(width)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    edges = np.arange(first, last + 1) * step
    if limits is not None:
        edges = np.unique(np.clip(edges, *limits))
    return np.asarray(edges if len(edges) > 1 else [low, high], dtype=np.float64)


def _grained_edges(values: NDArray[np.float64], grain: float) -> NDArray[np.float64]:
    """Return edges half-way between multiples of `grain`, so that no value lies on one."""
    low, high, width = _range_and_width(values)
    step = max(1, round(width / grain))
    first = math.floor(low / grain + 0.5)
    n_bins = max(1, math.ceil((high / grain + 0.5 - first) / step))
    return np.asarray((first - 0.5 + step * np.arange(n_bins + 1)) * grain, dtype=np.float64)


def _range_and_width(values: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return the ends of the axis, and how wide a bin should be about."""
    low, high = (float(end) for end in np.percentile(values, [0.5, 99.5]))
    if low == high:
        low, high = low - (abs(low) * 0.1 or 0.5), high + (abs(high) * 0.1 or 0.5)
    quarter, three_quarters = np.percentile(values, [25, 75])
    width = 2 * float(three_quarters - quarter) / len(values) ** (1 / 3)
    return low, high, min(max(width, (high - low) / _MAX_BINS), (high - low) / _MIN_BINS)


def _whole_ticks(low: int, high: int) -> tuple[float, ...]:
    step = max(1, math.ceil(nice_step(max(high - low, 1) / 10)))
    return tuple(float(value) for value in range(low, high + 1, step))
