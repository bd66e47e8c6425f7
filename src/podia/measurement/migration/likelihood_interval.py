"""Batched profile-likelihood intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2

from podia.measurement.migration.newton import Array, Maxima, Objective, maximise

LEVEL = 0.95
"""Confidence level of all intervals in the migration tables."""

_DROP = float(chi2.ppf(LEVEL, 1))
_MAX_DOUBLINGS, _MAX_HALVINGS = 7, 12
_CLOSE = 0.02
"""Tolerance of twice the log-likelihood at the end of an interval: the error of its level is below 0.0005."""


@dataclass(frozen=True)
class _Profile:
    """The profile likelihood of parameter `index`."""

    objective: Objective
    maxima: Maxima
    index: int
    low: Array
    high: Array

    def at(self, value: Array, others: Array) -> tuple[Array, Array]:
        """Return twice the drop from the maximum at `value` ``(N,)``, and the best other parameters there."""
        rest = [i for i in range(len(self.low)) if i != self.index]

        def along(trial: Array) -> Array:
            whole = np.empty((len(self.low), *trial.shape[1:]))
            whole[rest] = trial
            whole[self.index] = value
            return self.objective(whole)

        found = maximise(along, others, self.low[rest], self.high[rest])
        return 2 * (self.maxima.value - found.value), found.place


def profile_interval(
    objective: Objective, maxima: Maxima, index: int, low: Array, high: Array
) -> tuple[Array, Array]:
    """Return the profile-likelihood interval of parameter `index` (chi-squared with one degree of freedom).

    Unlike an interval from the curvature, it is correct for a skewed likelihood, and detects ends that the data do not
    bound (Venzon & Moolgavkar, Applied Statistics 37, 87, 1988).

    Parameters
    ----------
    objective, low, high
        As for :func:`~podia.measurement.migration.newton.maximise`.
    maxima
        Result of :func:`~podia.measurement.migration.newton.maximise`.

    Returns
    -------
    tuple of ndarray
        Low and high ends ``(N,)``; NaN if the likelihood does not drop far enough within the bounds.
    """
    profile = _Profile(objective, maxima, index, low, high)
    return _end(profile, -1), _end(profile, 1)


def _end(profile: _Profile, side: int) -> Array:
    """Return the end of the interval on one `side`, by doubling until it is passed, then by false position."""
    start = profile.maxima.place[profile.index]
    bound = (profile.low if side < 0 else profile.high)[profile.index]
    room = side * (bound - start)
    inside, outside = np.zeros_like(start), _first_reach(profile)
    inside_drop = np.zeros_like(start)
    outside_drop = np.full_like(start, np.nan)
    others = np.delete(profile.maxima.place, profile.index, axis=0)
    passed: NDArray[np.bool_] = np.zeros(len(start), dtype=np.bool_)
    for _ in range(_MAX_DOUBLINGS):
        outside = np.minimum(outside, room)
        drop, others = profile.at(start + side * outside, others)
        outside_drop = np.where(passed, outside_drop, drop)
        newly = ~passed & (drop >= _DROP)
        stays = ~passed & ~newly
        inside, inside_drop = np.where(stays, outside, inside), np.where(stays, drop, inside_drop)
        passed |= newly
        if (passed | (outside >= room)).all():
            break
        outside = np.where(passed, outside, 2 * outside)
    reach = outside
    for halving in range(_MAX_HALVINGS):
        # The square root of the drop is nearly linear; occasional bisection ensures that both ends move.
        low_root, high_root = (np.sqrt(np.maximum(d, 0)) for d in (inside_drop, outside_drop))
        with np.errstate(invalid="ignore", divide="ignore"):
            part = (np.sqrt(_DROP) - low_root) / (high_root - low_root)
        part = (
            np.clip(np.nan_to_num(part, nan=0.5), 0.02, 0.98) if halving % 3 < 2 else np.full_like(part, 0.5)
        )
        reach = inside + part * (outside - inside)
        drop, others = profile.at(start + side * reach, others)
        if (np.abs(drop - _DROP) < _CLOSE)[passed].all():
            break
        under = drop < _DROP
        inside, inside_drop = np.where(under, reach, inside), np.where(under, drop, inside_drop)
        outside, outside_drop = np.where(under, outside, reach), np.where(under, outside_drop, drop)
    return np.where(passed, start + side * reach, np.nan)


def _first_reach(profile: _Profile) -> Array:
    """Return the distance to the end according to the curvature, exact for a normal likelihood."""
    curvature = profile.maxima.curvature.transpose(2, 0, 1)
    information = -curvature + 1e-9 * np.eye(curvature.shape[1])
    variance = np.linalg.pinv(information, hermitian=True)[:, profile.index, profile.index]
    return np.asarray(np.clip(np.sqrt(_DROP * np.maximum(variance, 0)), 0.05, 1.5), dtype=np.float64)
