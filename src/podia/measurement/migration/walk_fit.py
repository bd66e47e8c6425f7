"""Fit of the persistent random walk to single tracks and to all tracks of a movie."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from podia.measurement.migration.likelihood_interval import LEVEL, profile_interval
from podia.measurement.migration.newton import Array, Maxima, Objective, maximise
from podia.measurement.migration.persistent_walk import log_likelihood, persistent_msd
from podia.measurement.migration.walks import Path, Walks

MIN_STEPS = 5
"""Minimum number of steps for fitting speed and persistence."""
MIN_PATHS = 6
"""Minimum number of tracks for the joint fit, whose three parameters leave few degrees of freedom."""

_SHORTEST_PERSISTENCE = 0.1
"""Minimum persistence, in frames: below it, displacements of successive frames are practically independent."""
_LONGEST_PERSISTENCE = 20.0
"""Maximum persistence, in durations of the longest track."""
_MIN_NOISE = 1e-3
"""Minimum noise, as a share of the root mean square step."""


@dataclass(frozen=True)
class Estimates:
    """Values with the limits of their 95 % intervals, each ``(N,)``; NaN if undefined or unbounded."""

    value: Array
    low: Array
    high: Array


@dataclass(frozen=True)
class WalkFits:
    """Speed (px per frame), persistence time (frames) and position error per axis (px)."""

    speed: Estimates
    persistence: Estimates
    noise: Estimates


@dataclass(frozen=True)
class _Problem:
    """Likelihood as a function of the logarithms of (one-frame MSD or speed, persistence, noise unless given).

    The MSD over one frame is well determined for any persistence, but speed is not: without persistence, only the
    product S^2 P is determined. The search therefore uses the former, and speed only for its own interval.
    """

    walks: Walks
    noise: Array | None
    pooled: bool
    by_speed: bool

    def each(self, parameters: Array) -> Array:
        """Return the log-likelihood of each path, ``(M, N)``; `parameters` is ``(D, M, N)`` or ``(D, M, 1)``."""
        persistence = np.exp(parameters[1])
        noise = np.exp(parameters[2]) if self.noise is None else self.noise
        return log_likelihood(self.walks, self.speed(parameters), persistence, noise)

    def objective(self, parameters: Array) -> Array:
        """Return the objective: the log-likelihood of each path, or the sum over all."""
        found = self.each(parameters)
        return found.sum(axis=-1, keepdims=True) if self.pooled else found

    def speed(self, parameters: Array) -> Array:
        """Return the root mean square speed."""
        if self.by_speed:
            return np.asarray(np.exp(parameters[0]), dtype=np.float64)
        unit = persistent_msd(1.0, 1.0, np.exp(parameters[1]))
        return np.asarray(np.exp(parameters[0] / 2) / np.sqrt(unit), dtype=np.float64)


@dataclass(frozen=True)
class _Range:
    """Start and bounds of the search, ``(D, N)``."""

    start: Array
    low: Array
    high: Array


def fit_each_walk(paths: Sequence[Path], *, noise: float | None = None) -> WalkFits:
    """Fit speed, persistence time and position error of every path, by maximum likelihood.

    Parameters
    ----------
    paths
        Paths in px and frames, with drift removed. Those with fewer than :data:`MIN_STEPS` steps, or without motion,
        get NaN.
    noise
        Position error per axis in px. Default: fitted for each path. A short track hardly determines its error; a
        common one for all tracks of a movie (:func:`fit_all_walks`) makes the other estimates more precise.

    Returns
    -------
    WalkFits
        The 95 % intervals are those of the profile likelihood. If persistence is too short for the frame interval,
        persistence and speed are NaN, and the high end is an upper bound; if the path is practically straight,
        persistence is NaN and the low end is a lower bound.
    """
    fitted = [i for i, path in enumerate(paths) if len(path[0]) > MIN_STEPS and np.ptp(path[1], axis=0).any()]
    if not fitted:
        return WalkFits(*(_undefined(len(paths)) for _ in range(3)))
    walks = Walks.pack([paths[i] for i in fitted])
    given = None if noise is None else np.array(noise)
    problem = _Problem(walks, given, pooled=False, by_speed=False)
    bounds = _range(walks, noise)
    best = _best_of_starts(problem.objective, bounds)
    speed = _with_speed(best.place, problem)
    by_speed = _Problem(walks, given, pooled=False, by_speed=True)
    speed_bounds = _speed_range(bounds, speed)
    # The same maximum in other coordinates: only its curvature is needed, and iterations do not move it.
    best_by_speed = maximise(by_speed.objective, speed, speed_bounds.low, speed_bounds.high)
    estimates = [
        _bounded(by_speed.objective, best_by_speed, 0, speed_bounds),
        _bounded(problem.objective, best, 1, bounds),
    ]
    unresolved = best.place[1] <= bounds.low[1] + 1e-6
    straight = best.place[1] >= bounds.high[1] - 1e-6
    estimates[0] = _undefined_where(unresolved, estimates[0])
    estimates[1] = _undefined_where(unresolved | straight, estimates[1])
    estimates.append(_noise_estimate(problem, best, bounds, walks.n_paths))
    whole = [_spread(walks, estimate, fitted, len(paths)) for estimate in estimates]
    return WalkFits(*whole)


def fit_all_walks(
    paths: Sequence[Path], *, noise: float | None = None, drift: NDArray[np.float64] | None = None
) -> WalkFits:
    """Fit a common speed, persistence time and position error of all paths, each ``(1,)``.

    Parameters
    ----------
    paths, noise
        As in :func:`fit_each_walk`.
    drift
        ``(2,)`` shared velocity of all cells, px per frame, which is removed.

    Returns
    -------
    WalkFits
        Because cells differ, the curvature of the likelihood would give too narrow intervals: they come from the
        sandwich covariance over tracks (White, Econometrica 50, 1, 1982), with Student's t and the number of tracks
        minus that of parameters as degrees of freedom. NaN with fewer than :data:`MIN_PATHS` tracks that can be fitted.
    """
    kept = [path for path in paths if len(path[0]) > MIN_STEPS and np.ptp(path[1], axis=0).any()]
    if len(kept) < MIN_PATHS:
        return WalkFits(*(_undefined(1) for _ in range(3)))
    walks = Walks.pack(kept, drift)
    given = None if noise is None else np.array(noise)
    problem = _Problem(walks, given, pooled=True, by_speed=False)
    each = _range(walks, noise)
    bounds = _Range(
        np.median(each.start, axis=1, keepdims=True),
        each.low.min(axis=1, keepdims=True),
        each.high.max(axis=1, keepdims=True),
    )
    best = _best_of_starts(problem.objective, bounds)
    unresolved = best.place[1] <= bounds.low[1] + 1e-6
    straight = best.place[1] >= bounds.high[1] - 1e-6
    by_speed = _Problem(walks, given, pooled=True, by_speed=True)
    place = _with_speed(best.place, problem)
    errors = _robust_errors(by_speed, place)
    quantile = float(student.ppf((1 + LEVEL) / 2, len(kept) - len(place)))
    found = [
        Estimates(np.exp(v), np.exp(v - quantile * e), np.exp(v + quantile * e))
        for v, e in zip(place, errors, strict=True)
    ]
    nothing = _undefined(1)
    speed = nothing if unresolved.any() else found[0]
    persistence = nothing if (unresolved | straight).any() else found[1]
    if noise is not None:
        return WalkFits(speed, persistence, Estimates(np.array([noise]), nothing.low, nothing.high))
    at_least = best.place[2] <= bounds.low[2] + 1e-6
    return WalkFits(speed, persistence, _undefined_where(at_least, found[2]))


def _range(walks: Walks, noise: float | None) -> _Range:
    """Return bounds, and a start from the mean squared displacements over one and two steps."""
    n_steps = walks.n_steps
    places = np.concatenate([np.zeros((1, walks.n_paths, 2)), walks.places])
    under_way = np.arange(len(walks.places))[:, None] < n_steps
    one = np.where(under_way, (np.diff(places, axis=0) ** 2).sum(axis=-1), 0.0).sum(axis=0) / n_steps
    duration = np.where(under_way, walks.intervals, 0.0).sum(axis=0)
    error = np.sqrt(one) / 8 if noise is None else np.full_like(one, noise)
    moved = np.maximum(one - 4 * error**2, 0.1 * one)
    start = [np.log(moved), np.log(np.minimum(3.0, duration / 2))]
    low = [np.log(one) - 9, np.full_like(one, np.log(_SHORTEST_PERSISTENCE))]
    high = [np.log(one) + 2, np.log(_LONGEST_PERSISTENCE * duration)]
    if noise is None:
        start.append(np.log(error))
        low.append(np.log(_MIN_NOISE * np.sqrt(one)))
        high.append(np.log(np.sqrt(one)))
    return _Range(np.array(start), np.array(low), np.array(high))


def _best_of_starts(objective: Objective, bounds: _Range) -> Maxima:
    """Return the best maximum from three initial persistences, because the likelihood may have several maxima."""
    best = maximise(objective, bounds.start, bounds.low, bounds.high)
    for shift in (-1.5, 1.5):
        start = bounds.start.copy()
        start[1] += shift
        found = maximise(objective, start, bounds.low, bounds.high)
        better = found.value > best.value + 1e-9
        best = Maxima(
            np.where(better, found.place, best.place),
            np.where(better, found.value, best.value),
            np.where(better, found.gradient, best.gradient),
            np.where(better, found.curvature, best.curvature),
        )
    return best


def _with_speed(place: Array, problem: _Problem) -> Array:
    """Replace the logarithm of the one-frame MSD by that of speed in the parameters."""
    changed = place.copy()
    changed[0] = np.log(problem.speed(place))
    return changed


def _speed_range(bounds: _Range, best: Array) -> _Range:
    low, high = bounds.low.copy(), bounds.high.copy()
    low[0], high[0] = best[0] - 6, best[0] + 6
    return _Range(best, low, high)


def _bounded(objective: Objective, best: Maxima, index: int, bounds: _Range) -> Estimates:
    low, high = profile_interval(objective, best, index, bounds.low, bounds.high)
    return Estimates(np.exp(best.place[index]), np.exp(low), np.exp(high))


def _noise_estimate(problem: _Problem, best: Maxima, bounds: _Range, n_paths: int) -> Estimates:
    if problem.noise is not None:
        nothing = np.full(n_paths, np.nan)
        return Estimates(np.full(n_paths, float(problem.noise)), nothing, nothing)
    found = _bounded(problem.objective, best, 2, bounds)
    return _undefined_where(best.place[2] <= bounds.low[2] + 1e-6, found)


def _robust_errors(problem: _Problem, place: Array) -> Array:
    """Return the standard error of each parameter, ``(D, 1)``, from the scatter of the tracks' scores."""
    best = maximise(problem.objective, place, place - 1e-9, place + 1e-9)
    scores = _scores(problem.each, place)
    n_paths = scores.shape[1]
    inverse = np.linalg.pinv(best.curvature[:, :, 0], hermitian=True)
    covariance = inverse @ (scores @ scores.T) @ inverse * n_paths / (n_paths - len(place))
    return np.asarray(np.sqrt(np.diag(covariance))[:, None], dtype=np.float64)


def _scores(each: Callable[[Array], Array], place: Array) -> Array:
    """Return the derivative of each path's log-likelihood, ``(D, N)``."""
    step = 1e-4
    offsets = step * np.concatenate([np.eye(len(place)), -np.eye(len(place))])
    values = each(place[:, None, :] + offsets.T[:, :, None])
    return np.asarray((values[: len(place)] - values[len(place) :]) / (2 * step), dtype=np.float64)


def _undefined(n: int) -> Estimates:
    return Estimates(np.full(n, np.nan), np.full(n, np.nan), np.full(n, np.nan))


def _undefined_where(absent: NDArray[np.bool_], estimates: Estimates) -> Estimates:
    return Estimates(np.where(absent, np.nan, estimates.value), estimates.low, estimates.high)


def _spread(walks: Walks, estimates: Estimates, fitted: list[int], n: int) -> Estimates:
    """Return estimates for all `n` paths, NaN for those without a fit."""
    spread = _undefined(n)
    for name in ("value", "low", "high"):
        getattr(spread, name)[fitted] = walks.restored(getattr(estimates, name))
    return spread
