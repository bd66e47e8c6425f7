"""Phases of growth, rest and shrinking of a protrusion length.

Growth from one frame to the next is mostly noise of the outlines, and a mean over the growing steps is biased upwards
by that noise. Therefore, the length over time is first divided into linear pieces.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]

GRID_NOISE_PX = 0.35
"""Standard deviation of a length due to the pixel grid; the lower limit of the noise."""
_PARAMETERS = 2
"""Number of parameters of each additional piece: its slope and its start. Its height is that of its neighbour."""
_MAD_TO_DEVIATION = 1.4826


@dataclass(frozen=True)
class Phase:
    """A linear piece: first and last frame, and slope in px per frame."""

    first_frame: float
    last_frame: float
    slope: float

    @property
    def duration(self) -> float:
        """Number of frames from first to last."""
        return self.last_frame - self.first_frame

    @property
    def rise(self) -> float:
        """Growth of the length over the phase, in px."""
        return self.slope * self.duration


def flicker(frames: NDArray[np.int64], lengths: Values, ids: NDArray[np.int64]) -> tuple[Values, Values]:
    """Return the noise (standard deviation) of the length of each protrusion, and the number of bends used.

    Steady growth cancels in ``b = L(t - 1) - 2 L(t) + L(t + 1)``, and white noise of variance ``s^2`` gives it the
    variance ``6 s^2``; ``s`` is 1.4826 times the median of ``|b|``, divided by ``sqrt 6``, which is robust to the few
    bends at real changes.

    Parameters
    ----------
    frames, lengths, ids
        ``(N,)`` values of tips, sorted by `ids` and then `frames`; `ids` run from 0 without gaps.
    """
    n_ids = int(ids[-1]) + 1 if len(ids) else 0
    together = (ids[2:] == ids[:-2]) & (frames[2:] - frames[:-2] == 2)
    bends = np.abs(lengths[:-2] - 2 * lengths[1:-1] + lengths[2:])[together]
    owner = ids[:-2][together]
    order = np.lexsort((bends, owner))
    bends, counts = bends[order], np.bincount(owner, minlength=n_ids)
    starts = np.cumsum(counts) - counts
    some = counts > 0
    median = np.full(n_ids, np.nan)
    low, high = starts[some] + (counts[some] - 1) // 2, starts[some] + counts[some] // 2
    median[some] = (bends[low] + bends[high]) / 2
    return _MAD_TO_DEVIATION * median / math.sqrt(6), counts.astype(np.float64)


def pooled(noise: Values, counts: Values, *, weight: float = 8.0) -> Values:
    """Shrink the noise of each protrusion towards the typical value, more so for few bends.

    Variances are averaged; the typical one (the median over protrusions) has the weight of `weight` bends. NaN if no
    protrusion has a bend.
    """
    known = np.isfinite(noise)
    if not known.any():
        return noise
    typical = float(np.median(noise[known]))
    own = np.where(known, noise, 0.0)
    return np.asarray(np.sqrt((counts * own**2 + weight * typical**2) / (counts + weight)))


def find_phases(frames: NDArray[np.int64], lengths: Values, noise_px: float) -> list[Phase]:
    """Return the linear pieces of a length over time, in order; neighbours share a frame.

    Among all divisions into least-squares lines, it is the one with the minimum of
    ``sum of squares / s^2 + 2 ln(n) (pieces)``: Schwarz's criterion (Annals of Statistics 1978), minimised exactly by
    dynamic programming (Bellman, Communications of the ACM 1961).

    Parameters
    ----------
    frames, lengths
        ``(n,)`` frames of the tip, and lengths of the protrusion.
    noise_px
        Standard deviation of a length.
    """
    n = len(frames)
    if n < 2:
        return []
    price = _PARAMETERS * math.log(n) * max(noise_px, GRID_NOISE_PX) ** 2
    x, y = frames - frames[0].astype(np.float64), lengths - lengths[0]
    sums = np.concatenate([np.zeros((5, 1)), np.cumsum([x, y, x * x, x * y, y * y], axis=1)], axis=1)
    best = np.zeros(n)
    begins = np.zeros(n, dtype=np.int64)
    for last in range(1, n):
        cost = best[:last] + price + _residues(sums, np.arange(last), last)
        begins[last] = cost.argmin()
        best[last] = cost[begins[last]]
    phases = []
    last = n - 1
    while last > 0:
        first = int(begins[last])
        own_x, own_y = x[first : last + 1], y[first : last + 1]
        own_x = own_x - own_x.mean()
        slope = float(own_x @ own_y / (own_x @ own_x))
        phases.append(Phase(float(frames[first]), float(frames[last]), slope))
        last = first
    return phases[::-1]


def _residues(sums: Values, first: NDArray[np.int64], last: int) -> Values:
    """Return the residual sum of squares of the least-squares line through points `first` to `last`."""
    count = last + 1.0 - first
    x, y, xx, xy, yy = sums[:, last + 1, None] - sums[:, first]
    spread = xx - x * x / count
    mixed = xy - x * y / count
    return np.asarray(np.maximum(yy - y * y / count - mixed**2 / spread, 0.0))


def moving_phases(phases: list[Phase], least_rise_px: float, *, sign: int) -> list[Phase]:
    """Return the phases that grow (`sign` 1) or shrink (-1) by `least_rise_px` or more.

    A phase of one step may arise by chance, so it counts only if there is no longer one.
    """
    moving = [phase for phase in phases if sign * phase.rise >= least_rise_px]
    return [phase for phase in moving if phase.duration >= 2] or moving


def speed_of(moving: list[Phase]) -> float:
    """Return the mean speed of phases of one sign, weighted by their change of length; NaN if there are none.

    Slow phases are thus weighted by distance, not by duration.
    """
    if not moving:
        return math.nan
    return abs(sum(phase.rise * phase.slope for phase in moving) / sum(phase.rise for phase in moving))
