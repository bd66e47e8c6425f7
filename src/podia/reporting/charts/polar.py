"""Rose plots of paths and directions."""

from __future__ import annotations

import math
from collections.abc import Mapping
from html import escape

import numpy as np
from markupsafe import Markup
from numpy.typing import ArrayLike, NDArray

from podia.reporting.charts.axis import nearest_nice
from podia.reporting.wording import number

_WIDTH, _HEIGHT = 380, 248
_CENTRE = (190.0, 124.0)
_RADIUS = 108.0


def rose(paths: Mapping[int, NDArray[np.float64]], *, unit: str) -> Markup | None:
    """Return tracks moved to a common start, as seen in the movie (up is up), or None without one that moves.

    Parameters
    ----------
    paths
        Track id -> positions ``(N, 2)`` as ``(y, x)`` in `unit`, in the order of time.
    unit
        Unit of the positions.
    """
    moved = {track: path - path[0] for track, path in paths.items() if len(path) > 1}
    if not moved:
        return None
    reach = max(float(np.hypot(*path.T).max()) for path in moved.values()) or 1.0
    scale = _RADIUS / reach
    parts = _rings(reach, unit)
    for track, path in moved.items():
        points = [f"{_CENTRE[0] + x * scale:.1f},{_CENTRE[1] + y * scale:.1f}" for y, x in path.tolist()]
        title = f"<title>track {track}</title>"
        end_x, end_y = points[-1].split(",")
        parts.append(
            f'<g class="track" data-track="{track}"><path d="M{"L".join(points)}"/>'
            f'<circle cx="{end_x}" cy="{end_y}" r="2.2"/>{title}</g>'
        )
    return _svg(parts, f"Paths of {len(moved)} tracks from a common start, reaching {number(reach, unit)}")


def direction_histogram(angles_deg: ArrayLike, *, counted: str) -> Markup | None:
    """Return how many `angles_deg` (counter-clockwise from right) fall in each of 24 sectors, or None without any.

    The area of a sector, not its length, is in proportion to the count.
    """
    angles = np.asarray(angles_deg, np.float64)
    angles = angles[np.isfinite(angles)]
    if not len(angles):
        return None
    n_sectors = 24
    width = 360 / n_sectors
    counts = np.bincount(((angles + width / 2) % 360 // width).astype(int), minlength=n_sectors)
    parts = [f'<circle class="ring" cx="{_CENTRE[0]}" cy="{_CENTRE[1]}" r="{_RADIUS}"/>']
    even = _RADIUS * math.sqrt(len(angles) / n_sectors / counts.max())
    for index, sector_count in enumerate(counts.tolist()):
        radius = _RADIUS * math.sqrt(sector_count / counts.max())
        ends = [math.radians((index + side) * width) for side in (-0.5, 0.5)]
        corners = [(_CENTRE[0] + radius * math.cos(a), _CENTRE[1] - radius * math.sin(a)) for a in ends]
        (x0, y0), (x1, y1) = corners
        title = f"{round(index * width)}°: {sector_count} {counted}"
        parts.append(
            f'<path class="bar" d="M{_CENTRE[0]},{_CENTRE[1]}L{x0:.1f},{y0:.1f}'
            f'A{radius:.1f},{radius:.1f} 0 0 0 {x1:.1f},{y1:.1f}Z"><title>{escape(title)}</title></path>'
        )
    parts.append(f'<circle class="limit" cx="{_CENTRE[0]}" cy="{_CENTRE[1]}" r="{even:.1f}"/>')
    for text, dx, dy, anchor in (
        ("right 0°", 1, 0, "start"),
        ("up 90°", 0, -1, "middle"),
        ("left", -1, 0, "end"),
    ):
        x, y = _CENTRE[0] + dx * (_RADIUS + 8), _CENTRE[1] + dy * (_RADIUS + 5) + (4 if dx else 0)
        parts.append(f'<text class="tick" x="{x}" y="{y}" text-anchor="{anchor}">{text}</text>')
    return _svg(parts, f"Directions of {len(angles)} {counted}")


def _rings(reach: float, unit: str) -> list[str]:
    step = nearest_nice(reach / 3)
    parts = []
    for index in range(1, math.floor(reach / step + 1e-9) + 1):
        radius = index * step / reach * _RADIUS
        parts.append(f'<circle class="ring" cx="{_CENTRE[0]}" cy="{_CENTRE[1]}" r="{radius:.1f}"/>')
        parts.append(
            f'<text class="tick" x="{_CENTRE[0] + radius * 0.7071 + 3:.1f}" y="{_CENTRE[1] + radius * 0.7071 + 9:.1f}">'
            f"{number(index * step, unit)}</text>"
        )
    x, y = _CENTRE
    parts.append(f'<path class="ring" d="M{x - _RADIUS},{y}H{x + _RADIUS}M{x},{y - _RADIUS}V{y + _RADIUS}"/>')
    return parts


def _svg(parts: list[str], description: str) -> Markup:
    return Markup(
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{escape(description)}">'
        f"{''.join(parts)}</svg>"
    )
