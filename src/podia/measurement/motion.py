"""Speed, turning angles, mean squared displacement and direction correlation of a track.

Every function takes the ``frames`` ``(N,)`` of the cell, ascending, and its ``positions`` ``(N, 2)`` ``(y, x)`` after
drift correction. Lengths are in pixels and times in frames. Frames may be missing: a *step* goes from one frame with
the cell to the next one.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.int64]
Positions = NDArray[np.float64]

MIN_FITTED_LAGS = 3
"""Minimum number of lags for the fit of an exponent."""
MIN_DIRECTION_PAIRS = 3
"""Minimum number of pairs of steps for an average over directions."""


def speeds(frames: Frames, positions: Positions) -> NDArray[np.float64]:
    """Return the speed of the step into each frame, ``(N,)``; NaN in the first."""
    steps = np.hypot(*np.diff(positions, axis=0).T) / np.diff(frames)
    return np.concatenate([[np.nan], steps])


def turning_angles(frames: Frames, positions: Positions) -> NDArray[np.float64]:
    """Return the turning angle of the step into each frame in degrees, ``(N,)``.

    Angles are counter-clockwise as displayed, above -180 to 180. NaN if one of the two steps is missing, longer than a
    frame, or zero.
    """
    direction = _step_directions(frames, positions)
    turns = np.angle(direction[1:] * direction[:-1].conj(), deg=True)
    return np.concatenate([[np.nan] * min(2, len(frames)), turns])


def mean_squared_displacement(
    frames: Frames, positions: Positions
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    """Return lags ``(L,)``, the mean squared displacement at each lag, and its number of pairs.

    All pairs of frames at a lag are used, so they overlap. Lags without a pair (because of gaps) are omitted.
    """
    path = _by_frame(frames, positions)
    lags, values, counts = [], [], []
    for lag in range(1, len(path)):
        squares = ((path[lag:] - path[:-lag]) ** 2).sum(axis=1)
        squares = squares[~np.isnan(squares)]
        if len(squares):
            lags.append(lag)
            values.append(squares.mean())
            counts.append(len(squares))
    return np.array(lags, dtype=np.int64), np.array(values), np.array(counts, dtype=np.int64)


def msd_slope(lags: NDArray[np.int64], msd: NDArray[np.float64]) -> float:
    """Return the slope of log MSD against log lag over the first quarter of the lags, at least three.

    Later lags average few and overlapping pairs (Saxton, Biophysical Journal 1997). NaN with fewer lags, or for a cell
    that does not move.
    """
    if not len(lags):
        return math.nan
    fitted = lags <= max(MIN_FITTED_LAGS, int(lags[-1]) // 4)
    if fitted.sum() < MIN_FITTED_LAGS or (msd[fitted] <= 0).any():
        return math.nan
    x, y = np.log(lags[fitted]), np.log(msd[fitted])
    x = x - x.mean()
    return float((x * y).sum() / (x * x).sum())


def direction_correlation_time(frames: Frames, positions: Positions) -> float:
    """Return the time constant of the decay of the direction's autocorrelation, in frames.

    ``C(k) = <cos(theta(t + k) - theta(t))>`` over pairs of steps of one frame (Gorelik & Gautreau, Nature Protocols
    2014) is fitted by ``exp(-k / tau)``, by least squares of the logarithm, up to the lag at which it falls to 1/e. NaN
    if it does not decay within the track (a straight line), is not positive at lag 1 (no persistence resolved by the
    frame interval), or has fewer than three pairs.
    """
    by_frame = _by_frame(frames[1:], _step_directions(frames, positions)[:, None])[:, 0]
    lags, logs = [], []
    for lag in range(1, len(by_frame)):
        cosines = (by_frame[lag:] * by_frame[:-lag].conj()).real
        cosines = cosines[~np.isnan(cosines)]
        if len(cosines) < MIN_DIRECTION_PAIRS or cosines.mean() <= 0:
            break
        lags.append(lag)
        logs.append(math.log(cosines.mean()))
        if logs[-1] <= -1:
            break
    decay = -float(np.dot(lags, logs)) / float(np.dot(lags, lags)) if lags else 0.0
    # A decay slower than the duration of the track would be extrapolated, for a straight line arbitrarily.
    return 1 / decay if decay * len(by_frame) >= 1 else math.nan


def _step_directions(frames: Frames, positions: Positions) -> NDArray[np.complex128]:
    """Return the steps as unit vectors ``x + iy``, y up, ``(N - 1,)``; NaN across gaps and for zero steps."""
    steps = np.diff(positions, axis=0)
    length = np.hypot(*steps.T)
    valid = (np.diff(frames) == 1) & (length > 0)
    direction = np.full(len(steps), complex(np.nan, np.nan))
    direction[valid] = (steps[valid, 1] - 1j * steps[valid, 0]) / length[valid]
    return direction


def _by_frame(frames: Frames, values: NDArray[Any]) -> NDArray[Any]:
    """Return one row per frame from the first to the last, NaN where the cell is missing."""
    if not len(frames):
        return values
    filled = np.full((int(frames[-1] - frames[0]) + 1, values.shape[1]), np.nan, dtype=values.dtype)
    filled[frames - frames[0]] = values
    return filled
