"""MSD exponent and Hurst exponent, by maximum likelihood of fractional Brownian motion.

Steps of fractional Brownian motion (Mandelbrot & Van Ness, SIAM Review 10, 422, 1968) are jointly normal, with
covariance ``a / 2 (|k+1|^2H + |k-1|^2H - 2 |k|^2H)`` at k frames, so that ``MSD ~ t^(2H)``. Independent position errors
add ``2 sigma^2`` at lag 0 and subtract ``sigma^2`` at lag 1. A straight line fitted to the logarithm of an MSD curve
treats overlapping pairs as independent, is too flat with noise, and is biased (the mean of a logarithm is not the
logarithm of a mean); the likelihood has none of these problems.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.linalg import cholesky, solve_triangular, toeplitz
from scipy.stats import chi2
from scipy.stats import t as student

from podia.measurement.migration.likelihood_interval import LEVEL
from podia.measurement.migration.newton import Array, maximise
from podia.measurement.migration.walk_fit import MIN_PATHS, MIN_STEPS, Estimates
from podia.measurement.migration.walks import Path

_MAX_STEPS = 128
"""Longer segments are split, so that the cost grows linearly with the number of steps."""

_HURST = (0.02, 0.99)
_LOG_NOISE = (float(np.log(1e-4)), float(np.log(10.0)))
_GRID = np.linspace(*_HURST, 49)
_FINE = np.linspace(*_HURST, 1941)


@dataclass(frozen=True)
class _Steps:
    """Runs of steps without gaps, of N paths.

    Parameters
    ----------
    values
        ``(M, S, 2)`` the steps of S runs, zeros after the end.
    lengths, owner
        ``(S,)`` number of steps and path of each run.
    n_paths Number of paths, N.
    """

    values: Array
    lengths: NDArray[np.int64]
    owner: NDArray[np.int64]
    n_paths: int

    @classmethod
    def of(cls, paths: Sequence[Path], drift: Array) -> _Steps:
        """Return the steps of `paths` without `drift` ``(2,)``, px per frame."""
        found = [(index, stretch) for index, path in enumerate(paths) for stretch in _stretches(path, drift)]
        lengths = np.array([len(stretch) for _, stretch in found], dtype=np.int64)
        values = np.zeros((int(lengths.max(initial=0)), len(found), 2))
        for column, (_, stretch) in enumerate(found):
            values[: len(stretch), column] = stretch
        owner = np.array([index for index, _ in found], dtype=np.int64)
        return cls(values, lengths, owner, len(paths))

    @property
    def n_steps(self) -> Array:
        """Number of steps of each path, ``(N,)``."""
        return np.bincount(self.owner, self.lengths, self.n_paths).astype(np.float64)

    def log_likelihood(self, hurst: float, noise_ratio: float) -> Array:
        """Return the log-likelihood of each path up to a constant, ``(N,)``, with its amplitude integrated out.

        Under the prior ``1 / a``, it is also the likelihood of the steps up to their scale, so that cells may have
        different speeds. `noise_ratio` is ``sigma^2 / a``.
        """
        size = len(self.values)
        lag = np.arange(size, dtype=np.float64)
        covariance = (abs(lag + 1) ** (2 * hurst) + abs(lag - 1) ** (2 * hurst) - 2 * lag ** (2 * hurst)) / 2
        covariance[0] += 2 * noise_ratio
        covariance[1:2] -= noise_ratio
        # The upper left part of a factor is the factor of a shorter covariance: one factor serves all lengths.
        factor = cholesky(toeplitz(covariance), lower=True)
        white = solve_triangular(factor, self.values.reshape(size, -1), lower=True).reshape(self.values.shape)
        inside = np.arange(size)[:, None] < self.lengths
        squares = np.where(inside, (white**2).sum(axis=2), 0.0).sum(axis=0)
        half_log_determinant = np.cumsum(np.log(np.diag(factor)))[self.lengths - 1]
        quadratic = np.bincount(self.owner, squares, self.n_paths)
        return np.asarray(
            -self.n_steps * np.log(quadratic)
            - 2 * np.bincount(self.owner, half_log_determinant, self.n_paths),
            dtype=np.float64,
        )


@dataclass(frozen=True)
class Scaling:
    """The exponent of all paths' MSD ``(1,)``, and the Hurst exponent of each ``(N,)``, with 95 % intervals."""

    msd_exponent: Estimates
    hurst: Estimates


def fit_scaling(paths: Sequence[Path], *, drift: Array | None = None) -> Scaling:
    """Fit the MSD exponent of all paths (1: random walk, 2: straight line) and the Hurst exponent of each path.

    Parameters
    ----------
    paths
        Paths in px and frames. Those with fewer than :data:`~podia.measurement.migration.walk_fit.MIN_STEPS` steps
        without a gap, or without motion, get NaN.
    drift
        ``(2,)`` shared velocity of all cells, px per frame, which is removed.

    Returns
    -------
    Scaling
        For all paths together, the position error is fitted as a share of the step, and the interval comes from the
        sandwich covariance over tracks; NaN with fewer than six tracks. The exponent of each path uses this share (0 if
        it is undefined) and a profile-likelihood interval; unbounded ends are NaN.
    """
    drift = np.zeros(2) if drift is None else drift
    kept = [index for index, path in enumerate(paths) if _is_fit(path, drift)]
    nothing = Estimates(*(np.full(len(paths), np.nan) for _ in range(3)))
    undefined = Estimates(*(np.full(1, np.nan) for _ in range(3)))
    if not kept:
        return Scaling(undefined, nothing)
    steps = _Steps.of([paths[index] for index in kept], drift)
    exponent, noise_ratio = _fit_all(steps) if len(kept) >= MIN_PATHS else (undefined, 0.0)
    for name, values in zip(("value", "low", "high"), _fit_each(steps, noise_ratio), strict=True):
        getattr(nothing, name)[kept] = values
    return Scaling(exponent, nothing)


def _fit_all(steps: _Steps) -> tuple[Estimates, float]:
    def each(parameters: Array) -> Array:
        trials = parameters.reshape(2, -1).T
        return np.stack([steps.log_likelihood(h, float(np.exp(r))) for h, r in trials.tolist()])

    def objective(parameters: Array) -> Array:
        return np.asarray(each(parameters).sum(axis=1, keepdims=True), dtype=np.float64)

    low, high = np.array([[_HURST[0], _LOG_NOISE[0]], [_HURST[1], _LOG_NOISE[1]]])[..., None]
    best = maximise(objective, np.array([[0.5], [-3.0]]), low, high)
    free = (best.place > low + 1e-9) & (best.place < high - 1e-9)
    which = np.flatnonzero(free[:, 0])
    noise_ratio = float(np.exp(best.place[1, 0]))
    if 0 not in which:
        return Estimates(2 * best.place[0], np.full(1, np.nan), np.full(1, np.nan)), noise_ratio
    step = 1e-4
    offsets = step * np.eye(2)
    up, down = each(best.place + offsets.T), each(best.place - offsets.T)
    scores = ((up - down) / (2 * step))[which]
    curvature = best.curvature[which][:, which, 0]
    inverse = np.linalg.pinv(curvature, hermitian=True)
    n = steps.n_paths
    variance = (inverse @ scores @ scores.T @ inverse)[0, 0] * n / (n - 2)
    reach = float(student.ppf((1 + LEVEL) / 2, n - 2)) * np.sqrt(variance)
    hurst = best.place[0]
    return Estimates(2 * hurst, 2 * (hurst - reach), 2 * (hurst + reach)), noise_ratio


def _fit_each(steps: _Steps, noise_ratio: float) -> tuple[Array, Array, Array]:
    table = np.array([steps.log_likelihood(float(hurst), noise_ratio) for hurst in _GRID])
    curve = CubicSpline(_GRID, table)(_FINE)
    inside = 2 * (curve.max(axis=0) - curve) <= chi2.ppf(LEVEL, 1)
    low, high = inside.argmax(axis=0), len(_FINE) - 1 - inside[::-1].argmax(axis=0)
    return (
        _FINE[curve.argmax(axis=0)],
        np.where(low == 0, np.nan, _FINE[low]),
        np.where(high == len(_FINE) - 1, np.nan, _FINE[high]),
    )


def _is_fit(path: Path, drift: Array) -> bool:
    stretches = _stretches(path, drift)
    return sum(len(s) for s in stretches) >= MIN_STEPS and any(s.any() for s in stretches)


def _stretches(path: Path, drift: Array) -> list[Array]:
    """Return the steps of a path in runs, cut at gaps and at the maximum length."""
    frames, positions = path
    steps = np.diff(positions, axis=0) - drift
    gaps = np.diff(frames) != 1
    cuts = np.flatnonzero(gaps)
    pieces = [piece[1:] if i else piece for i, piece in enumerate(np.split(steps, cuts))]
    return [
        piece[first : first + _MAX_STEPS] for piece in pieces for first in range(0, len(piece), _MAX_STEPS)
    ]
