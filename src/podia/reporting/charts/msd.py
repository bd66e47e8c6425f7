"""Mean squared displacement over time lag, log-log."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from podia.reporting.charts.axis import Axis
from podia.reporting.charts.plot import Plot


def msd_plot(
    tracks: Mapping[int, NDArray[np.float64]],
    median: NDArray[np.float64],
    *,
    lag_label: str,
    unit: str,
) -> Markup | None:
    """Return thin lines for `tracks`, a bold one for the `median`, and guides of slope 1 and 2.

    Parameters
    ----------
    tracks
        Track id -> ``(L, 2)`` of lag and MSD.
    median
        ``(L, 2)`` of lag and the median MSD over tracks.
    lag_label, unit
        Words on the time axis, and the unit of MSD.

    Returns
    -------
    Markup or None
        None where no median is positive: a logarithm needs that.
    """
    median = _positive(median)
    if len(median) < 2:
        return None
    drawn = {track: _positive(curve) for track, curve in tracks.items()}
    values = np.concatenate([median[:, 1], *(curve[:, 1] for curve in drawn.values())])
    # Single tracks that hardly move reach down for many decades; the middle of the plot belongs to the rest.
    low, high = np.percentile(values, 1), values.max()
    x = Axis.logarithmic(lag_label, float(median[0, 0]), float(median[-1, 0]))
    y = Axis.logarithmic(f"MSD ({unit})", float(min(low, median[:, 1].min())), float(high))
    plot = Plot(x, y, description="Mean squared displacement against time lag")
    for track, curve in drawn.items():
        inside = curve[(curve[:, 0] <= x.high) & (curve[:, 1] >= y.low)]
        if len(inside) > 1:
            plot.line(inside[:, 0], inside[:, 1], "track", title=f"track {track}", track=track)
    plot.line(median[:, 0], median[:, 1], "series strong", title="median over tracks")
    plot.record("median over tracks", median[:, 0], median[:, 1])
    for slope, words in ((1, "random: slope 1"), (2, "straight: slope 2")):
        _guide(plot, x, y, median[0], slope, words)
    return plot.svg()


def _guide(plot: Plot, x: Axis, y: Axis, start: NDArray[np.float64], slope: int, words: str) -> None:
    """Draw a power law through `start` until it leaves the plot."""
    end = min(x.high, start[0] * (y.high / start[1]) ** (1 / slope))
    if end <= start[0]:
        return
    top = start[1] * (end / start[0]) ** slope
    plot.line([start[0], end], [start[1], top], "guide", title=words)
    plot.text_at(end, top * 0.97, words, style="aside", anchor="end")


def _positive(curve: NDArray[np.float64]) -> NDArray[np.float64]:
    return curve[(curve[:, 0] > 0) & (curve[:, 1] > 0)]


def msd_fit_plot(
    lags: NDArray[np.float64],
    msd: NDArray[np.float64],
    band: tuple[NDArray[np.float64], NDArray[np.float64]],
    fit: NDArray[np.float64],
    *,
    lag_label: str,
    unit: str,
) -> Markup | None:
    """Return one MSD curve with its band and a fit; None with fewer than two positive points.

    Parameters
    ----------
    lags, msd, fit
        ``(L,)``; undefined values interrupt a line.
    band
        Low and high ends ``(L,)``.
    lag_label, unit
        Words on the time axis, and the unit of MSD.
    """
    positive = np.isfinite(msd) & (msd > 0)
    if positive.sum() < 2:
        return None
    lags, msd, fit = lags[positive], msd[positive], fit[positive]
    low, high = (end[positive] for end in band)
    x = Axis.logarithmic(lag_label, float(lags[0]), float(lags[-1]))
    # A band of few tracks may reach over decades; the axis belongs to the curve.
    y = Axis.logarithmic(f"MSD ({unit})", float(msd.min()) / 2, float(msd.max()) * 2)
    plot = Plot(x, y, description="Mean squared displacement of all cells against time lag, with a fit")
    plot.band(lags, np.maximum(low, y.low), np.minimum(high, y.high))
    plot.line(lags, msd, "series strong", title="mean over tracks")
    for name, values in (
        ("mean over tracks", msd),
        ("low", low),
        ("high", high),
        ("persistent random walk", fit),
    ):
        plot.record(name, lags, values)
    plot.line(lags, fit, "limit", title="persistent random walk")
    return plot.svg()
