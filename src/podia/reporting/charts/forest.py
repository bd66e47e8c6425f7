"""Forest plot: ratios with their intervals, each under its name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from markupsafe import Markup

from podia.reporting.charts.axis import Axis
from podia.reporting.wording import number

_WIDTH, _MARGIN, _ROW, _TOP = 420, 12, 40, 6
_WIDEST_PX = 640
"""Beyond this width on the page, letters would be larger than those around the plot."""


@dataclass(frozen=True)
class ForestRow:
    """A ratio with the ends of its interval, all positive, and whether it stands out."""

    name: str
    value: float
    low: float
    high: float
    stands_out: bool


def forest(rows: Sequence[ForestRow], *, label: str) -> Markup | None:
    """Return a line with a dot for each row on a logarithmic axis, 1 marked; None where no interval is defined."""
    drawn = [row for row in rows if math.isfinite(row.low) and math.isfinite(row.high)]
    if not drawn:
        return None
    # One interval of two replicates may reach over decades; the axis belongs to the rest.
    ends = [max(row.high, 1 / row.low) for row in drawn]
    reach = max(
        min(max(ends), 2 * float(np.median(ends))), *(max(row.value, 1 / row.value) for row in drawn), 1.1
    )
    axis = Axis.logarithmic(label, 1 / reach, reach)
    bottom = _TOP + len(drawn) * _ROW
    parts = []
    for tick in axis.ticks:
        x = _x(axis, tick)
        parts.append(f'<line class="grid" x1="{x:.1f}" y1="{_TOP}" x2="{x:.1f}" y2="{bottom}"/>')
        parts.append(
            f'<text class="tick" x="{x:.1f}" y="{bottom + 15}" text-anchor="middle">'
            f"{escape(axis.tick_text(tick))}</text>"
        )
    parts.append(
        f'<line class="limit" x1="{_x(axis, 1.0):.1f}" y1="{_TOP}" x2="{_x(axis, 1.0):.1f}" y2="{bottom}"/>'
    )
    for index, row in enumerate(drawn):
        y = _TOP + index * _ROW + 27
        group = "group-2" if row.stands_out else "group-1"
        low, value, high = (_x(axis, v) for v in (row.low, row.value, row.high))
        words = f"{row.name}: {number(row.value)} ({number(row.low)} to {number(row.high)})"
        parts.append(f'<text class="note" x="0" y="{y - 12:.1f}">{escape(row.name)}</text>')
        parts.append(
            f'<g><path class="series {group}" d="M{low:.1f},{y:.1f}H{high:.1f}"/>'
            f'<circle class="dot {group}" cx="{value:.1f}" cy="{y:.1f}" r="4"/><title>{escape(words)}</title></g>'
        )
    parts.append(
        f'<text class="label" x="{_WIDTH - _MARGIN}" y="{bottom + 30}" text-anchor="end">{escape(label)}</text>'
    )
    return Markup(
        f'<svg class="plot" style="max-width:{_WIDEST_PX}px" viewBox="0 0 {_WIDTH} {bottom + 36}" role="img" '
        f'aria-label="{escape(label)}">'
        f"{''.join(parts)}</svg>"
    )


def _x(axis: Axis, value: float) -> float:
    place = float(axis.place(min(max(value, axis.low), axis.high)))
    return _MARGIN + place * (_WIDTH - 2 * _MARGIN)
