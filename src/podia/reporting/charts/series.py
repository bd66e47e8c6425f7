"""Time series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike

from podia.reporting.charts.axis import Axis
from podia.reporting.charts.plot import Plot


def series(
    time: ArrayLike,
    lines: Mapping[str, ArrayLike],
    *,
    time_label: str,
    label: str,
    band: tuple[ArrayLike, ArrayLike] | None = None,
    from_zero: bool = False,
    whole: tuple[bool, bool] = (False, False),
    limit: tuple[float, str] | None = None,
    events: Sequence[tuple[float, str]] = (),
) -> Markup | None:
    """Return lines over time, or None where nothing is defined.

    Parameters
    ----------
    time
        ``(T,)``, ascending.
    lines
        Name -> ``(T,)``; a legend names them if there is more than one. Undefined values interrupt a line.
    band
        Low and high ``(T,)`` of an area behind the first line.
    from_zero
        Whether the axis starts at zero.
    whole
        Whether the time axis, and the other, can only have whole numbers, such as frames and counts.
    limit
        A value not to be passed and its words, drawn as a dashed line.
    events
        Times at which something happened, marked on the time axis, with words for the reader who points at one.
    """
    times = np.asarray(time, np.float64)
    named = {name: np.asarray(values, np.float64) for name, values in lines.items()}
    everything = [*named.values(), *(np.asarray(edge, np.float64) for edge in band or ())]
    values = np.concatenate(everything)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    highest = float(values.max()) if limit is None else max(float(values.max()), limit[0])
    lowest = min(0.0, float(values.min())) if from_zero else float(values.min())
    y = Axis.linear(label, lowest, highest, n_ticks=4, whole=whole[1])
    x = Axis.exact(time_label, float(times[0]), float(times[-1]), whole=whole[0])
    legend = [(name, f"group-{index + 1}") for index, name in enumerate(named)] if len(named) > 1 else []
    plot = Plot(x, y, description=f"{label} over time", legend=legend)
    if band is not None:
        plot.band(times, *band)
        for name, edge in zip(("low", "high"), band, strict=True):
            plot.record(name, times, edge)
    for index, (name, line) in enumerate(named.items()):
        style = "series" if len(named) == 1 else f"series group-{index + 1}"
        plot.line(times, line, style)
        plot.record(name, times, line)
    if limit is not None:
        plot.line([x.low, x.high], [limit[0], limit[0]], "limit")
        plot.text_at(x.high, limit[0] + (y.high - y.low) * 0.02, limit[1], style="limit-text", anchor="end")
    for when, words in events:
        plot.tick_on_floor(when, title=words)
    return plot.svg()
