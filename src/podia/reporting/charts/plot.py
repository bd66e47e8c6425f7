"""A plot with two axes: lines, bands, bars and dots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

from podia.reporting.charts.axis import Axis

WIDTH, HEIGHT = 380, 248
"""Size of a plot in SVG units; the page shows it about this many CSS pixels wide, so text keeps its size."""

_TOP, _RIGHT, _BOTTOM = 26, 12, 40
_LEGEND_ROW = 14
_CHARACTER = 6.3
"""Width of a digit at the size of tick labels, a little on the safe side."""


class Plot:
    """Collects the elements of one plot in data units; :meth:`svg` returns the picture.

    How things look is left to the page's style sheet through class names, so that light and dark both work.
    """

    def __init__(self, x: Axis, y: Axis, *, description: str, legend: Sequence[tuple[str, str]] = ()) -> None:
        self._x, self._y = x, y
        self._description = description
        self._data: list[tuple[str, ...]] = []
        self._legend, self._top = _legend_rows(legend, len(y.label))
        longest = max((len(y.tick_text(t)) for t in y.ticks), default=1)
        self._left = 14 + _CHARACTER * longest
        self._elements: list[str] = []

    def record(self, name: str, x: ArrayLike, y: ArrayLike) -> None:
        """Keep the numbers behind what is drawn: the page offers them as CSV."""
        for px, py in zip(
            np.asarray(x, np.float64).tolist(), np.asarray(y, np.float64).tolist(), strict=True
        ):
            self._data.append((name, _csv_number(px), _csv_number(py)))

    def line(
        self, x: ArrayLike, y: ArrayLike, style: str = "series", *, title: str = "", track: int = 0
    ) -> None:
        """Add a line; it is interrupted where a value is undefined. A `track` can be lit up by the page."""
        pieces = self._pieces(np.asarray(x, np.float64), np.asarray(y, np.float64))
        if not pieces:
            return
        path = "".join("M" + "L".join(_points(piece)) for piece in pieces)
        marker = f' data-track="{track}"' if track else ""
        self._elements.append(f'<path class="{style}" d="{path}"{marker}>{_title(title)}</path>')
        for piece in pieces:
            if len(piece) == 1:
                self._elements.append(_circle(piece[0], 2.0, f"{style} dot"))

    def band(
        self, x: ArrayLike, low: ArrayLike, high: ArrayLike, *, style: str = "band", title: str = ""
    ) -> None:
        """Add the area between two lines, where both are defined."""
        x, low, high = (np.asarray(v, np.float64) for v in (x, low, high))
        defined = np.isfinite(low) & np.isfinite(high)
        for run in np.split(np.arange(len(x)), np.flatnonzero(np.diff(defined)) + 1):
            if len(run) > 1 and defined[run[0]]:
                outline = np.vstack([self._at(x[run], low[run]), self._at(x[run], high[run])[::-1]])
                self._elements.append(
                    f'<path class="{style}" d="M{"L".join(_points(outline))}Z">{_title(title)}</path>'
                )

    def dot(self, x: float, y: float, radius: float, style: str = "dot", *, title: str = "") -> None:
        """Add a dot of `radius` in SVG units."""
        ((px, py),) = self._at([x], [y])
        self._elements.append(
            f'<circle class="{style}" cx="{px:.1f}" cy="{py:.1f}" r="{radius}">{_title(title)}</circle>'
        )

    def bar(self, x0: float, x1: float, y: float, style: str = "bar", *, title: str = "") -> None:
        """Add a bar that stands on the x axis from `x0` to `x1`."""
        (left, top), (right, bottom) = self._at([x0, x1], [y, self._y.low])
        gap = 0.5 if right - left > 3 else 0.0
        self._elements.append(
            f'<rect class="{style}" x="{left + gap:.1f}" y="{top:.1f}" width="{max(right - left - 2 * gap, 0.5):.1f}" '
            f'height="{max(bottom - top, 0):.1f}">{_title(title)}</rect>'
        )

    def marker_at(self, x: float, text: str, style: str = "median") -> None:
        """Add an upright line over the whole height with a few words at its top."""
        ((px, _),) = self._at([x], [self._y.low])
        bottom = HEIGHT - _BOTTOM
        self._elements.append(
            f'<line class="{style}" x1="{px:.1f}" y1="{self._top}" x2="{px:.1f}" y2="{bottom}"/>'
        )
        flips = px > WIDTH * 0.6
        self._elements.append(
            f'<text class="{style}-text" x="{px + (-5 if flips else 5):.1f}" y="{self._top + 9}" '
            f'text-anchor="{"end" if flips else "start"}">{escape(text)}</text>'
        )

    def tick_on_floor(self, x: float, *, title: str) -> None:
        """Add a small triangle on the x axis, for something that happened there."""
        ((px, py),) = self._at([x], [self._y.low])
        self._elements.append(
            f'<path class="event" d="M{px - 4:.1f},{py:.1f}h8l-4,-8Z">{_title(title)}</path>'
        )

    def text_at(self, x: float, y: float, text: str, *, style: str = "note", anchor: str = "start") -> None:
        """Add a few words at a place."""
        ((px, py),) = self._at([x], [y])
        self._elements.append(
            f'<text class="{style}" x="{px:.1f}" y="{py:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def footnote(self, text: str) -> None:
        """Add a few words below the x axis, left of its label."""
        self._elements.append(
            f'<text class="aside" x="{self._left:.1f}" y="{HEIGHT - 6}">{escape(text)}</text>'
        )

    def picture(self, source: str, *, title: str = "") -> None:
        """Add a picture, as a ``data:`` address, that fills the plot; its pixels stay sharp."""
        width, height = WIDTH - _RIGHT - self._left, HEIGHT - _BOTTOM - self._top
        self._elements.append(
            f'<image class="pixels" href="{source}" x="{self._left:.1f}" y="{self._top}" width="{width:.1f}" '
            f'height="{height}" preserveAspectRatio="none">{_title(title)}</image>'
        )

    def svg(self) -> Markup:
        """Return the plot as an ``svg`` element."""
        body = "".join([*self._grid(), *self._elements, *self._legend])
        return Markup(
            f'<svg class="plot" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
            f'aria-label="{escape(self._description)}"{self._csv()}>{body}</svg>'
        )

    def _csv(self) -> str:
        if not self._data:
            return ""
        head = ("series", self._x.label or "x", self._y.label or "y")
        lines = (
            ",".join(f'"{field}"' if "," in field else field for field in row) for row in (head, *self._data)
        )
        return f' data-csv="{escape(chr(10).join(lines))}"'

    def _grid(self) -> list[str]:
        bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        parts = []
        for tick in self._y.ticks:
            ((_, py),) = self._at([self._x.low], [tick])
            parts.append(
                f'<line class="grid" x1="{self._left:.1f}" y1="{py:.1f}" x2="{right}" y2="{py:.1f}"/>'
            )
            parts.append(
                f'<text class="tick" x="{self._left - 6:.1f}" y="{py + 3.5:.1f}" text-anchor="end">'
                f"{escape(self._y.tick_text(tick))}</text>"
            )
        for tick in self._x.ticks:
            ((px, _),) = self._at([tick], [self._y.low])
            parts.append(f'<line class="axis" x1="{px:.1f}" y1="{bottom}" x2="{px:.1f}" y2="{bottom + 4}"/>')
            parts.append(
                f'<text class="tick" x="{px:.1f}" y="{bottom + 16}" text-anchor="middle">'
                f"{escape(self._x.tick_text(tick))}</text>"
            )
        parts.append(f'<line class="axis" x1="{self._left:.1f}" y1="{bottom}" x2="{right}" y2="{bottom}"/>')
        parts.append(f'<text class="label" x="2" y="12">{escape(self._y.label)}</text>')
        parts.append(
            f'<text class="label" x="{right}" y="{HEIGHT - 6}" text-anchor="end">{escape(self._x.label)}</text>'
        )
        return parts

    def _at(self, x: ArrayLike, y: ArrayLike) -> NDArray[np.float64]:
        bottom, right = HEIGHT - _BOTTOM, WIDTH - _RIGHT
        px = self._left + self._x.place(x) * (right - self._left)
        py = bottom - self._y.place(y) * (bottom - self._top)
        return np.stack([px, py], axis=1)

    def _pieces(self, x: NDArray[np.float64], y: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        """Return the stretches of a line in which every value is defined, in SVG units."""
        defined = np.isfinite(x) & np.isfinite(y)
        runs = np.split(np.arange(len(x)), np.flatnonzero(np.diff(defined)) + 1)
        return [self._at(x[run], y[run]) for run in runs if len(run) and defined[run[0]]]


def _legend_rows(entries: Sequence[tuple[str, str]], label_length: int) -> tuple[list[str], int]:
    """Return names with their styles, right of the y axis label or in rows below it, and where the plot begins."""
    if not entries:
        return [], _TOP
    right = float(WIDTH - _RIGHT)
    width = sum(_legend_width(name) for name, _ in entries)
    beside = width + _CHARACTER * label_length < right
    first = 12 if beside else 12 + _LEGEND_ROW
    rows: list[list[tuple[str, str]]] = [[]]
    room = right
    for entry in entries:
        if rows[-1] and _legend_width(entry[0]) > room:
            rows.append([])
            room = right
        rows[-1].append(entry)
        room -= _legend_width(entry[0])
    parts = []
    for index, row in enumerate(rows):
        end = right
        for name, style in reversed(row):
            parts.append(
                f'<text class="legend {style}" x="{end:.1f}" y="{first + index * _LEGEND_ROW}" text-anchor="end">'
                f"{escape(name)}</text>"
            )
            end -= _legend_width(name)
    return parts, _TOP + first - 12 + (len(rows) - 1) * _LEGEND_ROW


def _legend_width(name: str) -> float:
    return _CHARACTER * len(name) + 14


def _csv_number(value: float) -> str:
    return f"{value:.6g}" if math.isfinite(value) else ""


def _points(points: NDArray[np.float64]) -> list[str]:
    return [f"{x:.1f},{y:.1f}" for x, y in points.tolist()]


def _circle(point: NDArray[np.float64], radius: float, style: str) -> str:
    return f'<circle class="{style}" cx="{point[0]:.1f}" cy="{point[1]:.1f}" r="{radius}"/>'


def _title(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""
