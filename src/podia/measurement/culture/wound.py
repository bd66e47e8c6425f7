"""Closure of a scratch wound: its fronts, its area and their speeds."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import uniform_filter1d

from podia.measurement.culture.trend import Array, Trend, fit_trend

Cover = tuple[NDArray[np.float32], NDArray[np.float32]]
"""Covered share of each row and of each column of a frame; NaN outside the field."""

LEVEL = 0.5
"""Cover at a front, relative to that of the sheet beside the wound."""

MIN_WIDTH_IN_CELLS = 3.0
"""Minimum width of a wound, in cell diameters: gaps between cells of a sheet are narrower."""

MIN_COVER = 0.5
"""Minimum cover of the sheet beside the wound; a sparser culture has gaps everywhere."""

MAX_COVER_INSIDE = 0.25
"""Maximum cover inside a new wound, relative to the sheet."""

CLOSED = 0.05
"""Fraction of the initial area below which a wound counts as closed."""

_SHEET_PERCENTILE = 75


@dataclass(frozen=True)
class Wound:
    """A wound across the field of view, in pixels and frames.

    Parameters
    ----------
    axis
        0 if the wound is horizontal, so that its fronts move along y; 1 if it is vertical.
    fronts
        ``(T, 2)`` positions of the fronts along that axis in the frame, NaN if closed or outside the field.
    area
        ``(T,)`` area without cells between the first positions of the fronts.
    width
        ``(T,)`` distance between the fronts, 0 if closed.
    n_fronts
        Fronts inside the field: 2, or 1 if the wound reaches its edge.
    """

    axis: int
    fronts: Array
    area: Array
    width: Array
    n_fronts: int

    @property
    def closed(self) -> float:
        """Fraction of the initial area that is covered in the last frame."""
        known = self.area[np.isfinite(self.area)]
        return 1 - float(known[-1]) / float(known[0])

    @property
    def half_time(self) -> float:
        """Time until half of the initial area is covered, in frames; NaN if this does not happen."""
        left = self.area / self.area[np.isfinite(self.area)][0]
        reached = np.flatnonzero(left <= 0.5)
        if not len(reached):
            return math.nan
        after = int(reached[0])
        before = int(np.flatnonzero(np.isfinite(left[:after]))[-1])
        return before + (after - before) * float((left[before] - 0.5) / (left[before] - left[after]))

    @property
    def closure(self) -> Trend:
        """Area lost per frame, until the wound is closed."""
        return _loss(self.area, self._open)

    @property
    def front_speed(self) -> Trend:
        """Mean speed of the fronts in px per frame, until the wound is closed: loss of width per front."""
        return _loss(self.width / self.n_fronts, self._open)

    @property
    def _open(self) -> int:
        """Number of frames before the wound is closed."""
        first = self.area[np.isfinite(self.area)][0]
        closed = np.flatnonzero((self.area < CLOSED * first) | (self.width == 0))
        return int(closed[0]) if len(closed) else len(self.area)


def find_wound(
    covers: Sequence[Cover], lengths: tuple[int, int], shifts: Array, cell_diameter: float
) -> Wound | None:
    """Return the wound of a scratch assay, or None if the first frame has none.

    The wound is a straight gap from one edge of the field to the other, horizontal or vertical. A front is where the
    cover, averaged along the front and over a cell diameter across it, falls below half of that of the sheet in the
    first frame. The definitions of area, width and front speed are those of Jonkman et al. (Cell Adhesion & Migration
    8, 440, 2014). A single cell ahead of the front affects the area, but hardly the front.

    Parameters
    ----------
    covers
        One per frame.
    lengths
        Number of pixels in a row and in a column of the field, which turn shares into areas.
    shifts
        ``(T, 2)`` px, displacement of the field since the first frame.
    cell_diameter
        Median diameter of cells, in px.
    """
    if not len(covers) or not math.isfinite(cell_diameter):
        return None
    found = [
        (start, stop, level, axis)
        for axis in (0, 1)
        for start, stop, level in [_first_gap(covers[0][axis].astype(np.float64), cell_diameter)]
        if stop > start
    ]
    if not found:
        return None
    start, stop, level, axis = max(found, key=lambda gap: gap[1] - gap[0])
    moved = shifts[:, axis]
    fronts, width, area = [], [], []
    for cover, shift in zip((pair[axis].astype(np.float64) for pair in covers), moved, strict=True):
        begin, end = start + shift, stop + shift
        low, high, apart = _fronts(_smooth(cover, cell_diameter), level, begin, end)
        fronts.append((low, high))
        width.append(apart)
        area.append(_uncovered(cover, begin, end) * lengths[axis])
    inside = int(start > 0) + int(stop < len(covers[0][axis]))
    return Wound(axis, np.array(fronts), np.array(area), np.array(width), max(inside, 1))


def _first_gap(cover: Array, cell_diameter: float) -> tuple[float, float, float]:
    """Return start, stop and level of the widest gap in the first frame; stop equals start if there is none."""
    smooth = _smooth(cover, cell_diameter)
    known = smooth[np.isfinite(smooth)]
    if not len(known):
        return 0.0, 0.0, math.nan
    sheet = float(np.percentile(known, _SHEET_PERCENTILE))
    level = LEVEL * sheet
    gaps = _gaps(smooth, level)
    if sheet < MIN_COVER or not gaps:
        return 0.0, 0.0, level
    start, stop = max(gaps, key=lambda gap: gap[1] - gap[0])
    inside = cover[max(0, round(start)) : round(stop)]
    is_wound = (
        stop - start >= MIN_WIDTH_IN_CELLS * cell_diameter
        and float(np.nanmean(inside)) <= MAX_COVER_INSIDE * sheet
    )
    return (start, stop, level) if is_wound else (0.0, 0.0, level)


def _fronts(smooth: Array, level: float, start: float, stop: float) -> tuple[float, float, float]:
    """Return the ends of the widest gap between `start` and `stop` (NaN at an edge of the field), and its width."""
    if not np.isfinite(smooth).any():
        return math.nan, math.nan, math.nan
    gaps = [gap for gap in _gaps(smooth, level) if gap[0] < stop and gap[1] > start]
    if not gaps:
        return math.nan, math.nan, 0.0
    low, high = max(gaps, key=lambda gap: gap[1] - gap[0])
    return low if low > 0 else math.nan, high if high < len(smooth) else math.nan, high - low


def _gaps(smooth: Array, level: float) -> list[tuple[float, float]]:
    """Return the intervals below `level`, with ends interpolated between pixels; pixel k covers k to k + 1."""
    below = np.concatenate([[False], np.nan_to_num(smooth, nan=np.inf) < level, [False]])
    starts, stops = (np.flatnonzero(below[1:] & ~below[:-1]), np.flatnonzero(~below[1:] & below[:-1]))
    return [
        (_crossing(smooth, a - 1, level), _crossing(smooth, b - 1, level))
        for a, b in zip(starts.tolist(), stops.tolist(), strict=True)
    ]


def _crossing(smooth: Array, before: int, level: float) -> float:
    """Return where the profile crosses `level` after the pixel `before`; at an edge of the field, that edge."""
    after = before + 1
    if before < 0 or after >= len(smooth) or not np.isfinite(smooth[[before, after]]).all():
        return float(after)
    one, two = smooth[before], smooth[after]
    return before + 0.5 + float((level - one) / (two - one))


def _smooth(cover: Array, cell_diameter: float) -> Array:
    """Return the moving average over a cell diameter, within the field."""
    known = np.isfinite(cover)
    size = max(1, round(cell_diameter))
    weights = uniform_filter1d(known.astype(np.float64), size, mode="constant")
    sums = uniform_filter1d(np.where(known, cover, 0.0), size, mode="constant")
    return np.where(
        known, np.divide(sums, weights, out=np.full(len(cover), np.nan), where=weights > 0), np.nan
    )


def _uncovered(cover: Array, start: float, stop: float) -> float:
    """Return the uncovered length between `start` and `stop`, in fractional pixels; NaN in a frame without a field."""
    if not np.isfinite(cover).any():
        return math.nan
    edges = np.arange(len(cover), dtype=np.float64)
    part = np.clip(np.minimum(edges + 1, stop) - np.maximum(edges, start), 0.0, 1.0)
    return float(np.nansum(part * (1 - cover)))


def _loss(values: Array, n_open: int) -> Trend:
    trend = fit_trend(np.arange(n_open, dtype=np.float64), values[:n_open])
    return Trend(-trend.slope, -trend.high, -trend.low, -trend.curvature, trend.curvature_p)
