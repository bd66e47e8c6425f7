"""Kymographs as pictures: time runs down, positions around the cell run across."""

from __future__ import annotations

import base64
import io

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image as Picture

from podia.reporting.charts.axis import Axis
from podia.reporting.charts.plot import Plot
from podia.reporting.wording import number

_STOPS = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
_COLOURS = np.array(
    [[5, 48, 97], [67, 147, 195], [247, 247, 247], [214, 96, 77], [103, 0, 31]], dtype=np.float64
)
"""ColorBrewer's RdBu, told apart by colour-blind readers: blue retracts, red protrudes."""
_UNDEFINED = (160, 160, 160)


def kymograph_picture(velocity: NDArray[np.floating], most: float, *, magnify: int = 1) -> bytes:
    """Return a kymograph ``(T, P)`` as a PNG, a pixel a value, or several.

    Parameters
    ----------
    velocity
        Negative is blue, positive red, undefined grey.
    most
        The value at the ends of the colours; positive.
    magnify
        Pixels a value, along either side.
    """
    share = np.clip(np.nan_to_num(velocity.astype(np.float64)) / most, -1, 1)
    colours = np.stack([np.interp(share, _STOPS, _COLOURS[:, channel]) for channel in range(3)], axis=-1)
    colours[~np.isfinite(velocity)] = _UNDEFINED
    pixels = np.rint(colours).astype(np.uint8).repeat(magnify, axis=0).repeat(magnify, axis=1)
    buffer = io.BytesIO()
    Picture.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()


def kymograph_plot(
    velocity: NDArray[np.floating],
    times: tuple[float, float],
    most: float,
    *,
    title: str,
    time_label: str,
    unit: str,
) -> Markup:
    """Return a kymograph with its axes; time runs down.

    Parameters
    ----------
    velocity
        ``(T, P)``, one row per frame without gaps.
    times
        Of the first and the last row, in the unit of `time_label`.
    most
        The velocity at the ends of the colours.
    title
        Words that stand for the picture.
    """
    first, last = times
    half = (last - first) / max(len(velocity) - 1, 1) / 2 or 0.5
    down = Axis.exact(time_label, first - half, last + half, n_ticks=4)
    # Plots have their y axis upwards: the low end of this one is the last time.
    y = Axis(down.label, down.high, down.low, down.ticks)
    x = Axis.exact("position around the cell", 0.0, 1.0)
    plot = Plot(x, y, description=title)
    encoded = base64.b64encode(kymograph_picture(velocity, most)).decode("ascii")
    plot.picture(f"data:image/png;base64,{encoded}", title=title)
    plot.footnote(f"blue {number(-most)} to red {number(most, unit)}")
    return plot.svg()
