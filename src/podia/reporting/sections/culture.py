"""Section of the report on the culture: growth, divisions, wound closure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from podia.reporting.charts.histogram import histogram
from podia.reporting.charts.series import series
from podia.reporting.inputs import ReportInputs
from podia.reporting.sections.figure import Figure, Section, time_scale
from podia.reporting.wording import count, number, share

_TRENDS = {
    "exponential": "Growth is compatible with exponential growth",
    "slowing": "Growth slows down and is not exponential, so the rate and the doubling time are means over the movie",
    "accelerating": "Growth accelerates and is not exponential, so the rate and the doubling time are means over the "
    "movie",
    "none": "The number of cells may be constant: the interval includes zero",
}


def culture_section(inputs: ReportInputs) -> Section:
    """Return growth, divisions and, in a scratch assay, wound closure."""
    if inputs.movie.n_frames == 1:
        return Section("culture", "Culture", "The movie has one frame, so growth is not measured.")
    if not len(inputs.tables["culture"]):
        return Section("culture", "Culture", "The culture could not be measured.")
    values = _Values(inputs)
    sentences = [_growth(values), _divisions(values), *_wound(values)]
    figures = [*_growth_figures(inputs, values), *_generations(inputs), *_wound_figures(inputs)]
    return Section("culture", "Culture", ". ".join(sentences) + ".", tuple(figures))


@dataclass(frozen=True)
class _Values:
    """The row of the table of the culture."""

    inputs: ReportInputs

    def value(self, name: str) -> float:
        return float(self.inputs.column("culture", name).iloc[0])

    def text(self, name: str) -> str:
        found = self.inputs.column("culture", name).iloc[0]
        return found if isinstance(found, str) else ""

    def interval(self, name: str) -> str:
        """Return the value with unit and interval; a limit that is not known is left open."""
        low, high = self.value(f"{name}_low"), self.value(f"{name}_high")
        limits = f"{number(low)}–{number(high) if np.isfinite(high) else ''}"
        text = number(self.value(name), self.inputs.unit("culture", name).replace("1/", "per "))
        return f"{text} (95 % CI {limits})" if np.isfinite(low) else text


def _growth(values: _Values) -> str:
    if not np.isfinite(values.value("growth_rate")):
        return "Growth is not measured: it needs 8 frames with cells, and a number of cells that changes"
    text = f"The growth rate of the number of cells is {values.interval('growth_rate')}"
    if np.isfinite(values.value("doubling_time")):
        text += f", a doubling time of {values.interval('doubling_time')}"
    trend = _TRENDS.get(values.text("growth_trend"))
    return f"{text}. {trend}" if trend else text


def _divisions(values: _Values) -> str:
    n = int(values.value("n_divisions"))
    text = count(n, "division")
    if np.isfinite(values.value("division_rate")):
        text += f"; the division rate of a cell is {values.interval('division_rate')}"
    if values.value("n_generations") > 0:
        text += f". {count(int(values.value('n_generations')), 'cell is', 'cells are')} seen from birth to division"
        if np.isfinite(values.value("generation_time_median")):
            text += f"; the median generation time is {values.interval('generation_time_median')}"
    return text


def _wound(values: _Values) -> list[str]:
    if not values.text("wound_direction"):
        return []
    closed = f"The {values.text('wound_direction')} wound is {share(values.value('wound_closed'))} closed at the end"
    if not np.isfinite(values.value("front_speed")):
        return [closed]
    return [
        f"{closed}; its area shrinks by {values.interval('closure_rate')} and each front moves at "
        f"{values.interval('front_speed')}"
    ]


def _growth_figures(inputs: ReportInputs, values: _Values) -> list[Figure]:
    figures = []
    for prefix, name, title, label in (
        ("", "n_cells", "Growth", "cells in the field"),
        ("area_", "covered_area", "Growth of the covered area", "covered area"),
    ):
        amounts = inputs.column("frames", name).to_numpy(np.float64)
        unit = inputs.unit("frames", name)
        plot = _with_fit(
            inputs,
            amounts,
            values.value(f"{prefix}growth_rate") * inputs.calibration.long_time_per_frame,
            f"{label} ({unit})" if unit else label,
        )
        if plot is not None:
            caption = "Measured values and the exponential curve of the mean growth rate."
            trend = values.text(f"{prefix}growth_trend")
            if trend in ("slowing", "accelerating"):
                caption += f" Growth is {trend}, not exponential (p = {number(_curvature(values, prefix), digits=2)})."
            figures.append(Figure(title, plot, caption))
    return figures


def _curvature(values: _Values, prefix: str) -> float:
    return values.value(f"{prefix}growth_curvature_p")


def _with_fit(inputs: ReportInputs, amounts: NDArray[np.float64], rate: float, label: str) -> Markup | None:
    if not np.isfinite(rate):
        return None
    scale = time_scale(inputs)
    frames = np.arange(len(amounts), dtype=np.float64)
    logs = np.log(amounts, out=np.full(len(amounts), np.nan), where=amounts > 0)
    known = np.isfinite(logs)
    start = float(np.mean(logs[known] - rate * frames[known]))
    return series(
        scale.times(len(amounts)),
        {"measured": amounts, "exponential": np.exp(start + rate * frames)},
        time_label=scale.label,
        label=label,
        from_zero=True,
        whole=(scale.is_whole, False),
    )


def _generations(inputs: ReportInputs) -> list[Figure]:
    times = inputs.column("tracks", "generation_time").dropna().to_numpy(np.float64)
    if not len(times):
        return []
    plot = histogram(
        times,
        label="time from birth to division",
        unit=inputs.unit("tracks", "generation_time"),
        counted="cells",
    )
    return [
        Figure(
            "Generation times",
            plot,
            "Cells seen from birth to division. Slow cells outlast the movie and are missing, so use the median in "
            "culture.csv, which counts them.",
        )
    ]


def _wound_figures(inputs: ReportInputs) -> list[Figure]:
    scale = time_scale(inputs)
    figures = []
    for name, title, caption in (
        ("wound_area", "Wound area", "Area without cells between the first positions of the fronts."),
        (
            "wound_width",
            "Wound width",
            "Distance between the fronts, where the cover is half of that of the sheet.",
        ),
    ):
        values = inputs.column("frames", name).to_numpy(np.float64)
        plot = series(
            scale.times(len(values)),
            {name.replace("_", " "): values},
            time_label=scale.label,
            label=f"{name.replace('_', ' ')} ({inputs.unit('frames', name)})",
            from_zero=True,
            whole=(scale.is_whole, False),
        )
        if plot is not None:
            figures.append(Figure(title, plot, caption))
    return figures
