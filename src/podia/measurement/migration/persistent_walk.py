"""Persistent random walk with localisation error: mean squared displacement and exact likelihood.

Velocity is an Ornstein-Uhlenbeck process in the plane, with root mean square speed S and persistence time P, so that
``MSD(t) = 2 S^2 P (t - P (1 - exp(-t / P)))`` (Fuerth, Zeitschrift fuer Physik 2, 244, 1920). Each position has an
independent normal error of standard deviation sigma along each axis, which adds ``4 sigma^2`` to every lag.

Points of an MSD curve share steps and are strongly correlated, so that least squares give wrong errors
(Michalet, Physical Review E 82, 041914, 2010). The displacements themselves are jointly normal under the model, and a
Kalman filter over position and velocity gives their exact likelihood in time linear in the number of frames, gaps
included (Harvey, Forecasting, Structural Time Series Models and the Kalman Filter, 1989, section 3.4).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from podia.measurement.migration.walks import Walks

Array = NDArray[np.float64]

_SMALL = 0.02
"""Below this ratio of time step to persistence time, closed forms lose precision and series are used."""


@dataclass(frozen=True)
class Transition:
    """Effect of a time step on position and velocity: ``x += reach v``, ``v *= kept``, plus noise.

    Noise is per axis and for unit variance of the velocity; all arrays have the shape of the parameters.
    """

    reach: Array
    kept: Array
    of_place: Array
    of_both: Array
    of_velocity: Array

    @classmethod
    def over(cls, interval: ArrayLike, persistence: Array) -> Transition:
        """Return the exact transition (Gillespie, Physical Review E 54, 2084, 1996, equations 2.13 to 2.15)."""
        h = np.asarray(interval, np.float64) / persistence
        kept, lost = np.exp(-h), -np.expm1(-h)
        series = h**3 * (2 / 3 - h / 2 + 7 * h**2 / 30)
        of_place = np.where(h < _SMALL, series, 2 * h - 3 + 4 * kept - kept**2)
        return cls(
            reach=persistence * lost,
            kept=kept,
            of_place=persistence**2 * of_place,
            of_both=persistence * lost**2,
            of_velocity=-np.expm1(-2 * h),
        )

    def first(self, n: int) -> Transition:
        """Return the transition of the first `n` paths."""
        return Transition(
            self.reach[..., :n],
            self.kept[..., :n],
            self.of_place[..., :n],
            self.of_both[..., :n],
            self.of_velocity[..., :n],
        )


def persistent_msd(time: ArrayLike, speed: ArrayLike, persistence: ArrayLike) -> Array:
    """Return Fuerth's mean squared displacement in the plane, without position errors.

    >>> persistent_msd([0.0, 1e-3, 1e6], 2.0, 5.0).round(9).tolist()
    [0.0, 4e-06, 39999800.0]
    """
    time, speed, persistence = (np.asarray(v, np.float64) for v in (time, speed, persistence))
    h = time / persistence
    bent = np.where(h < _SMALL, h**2 * (1 / 2 - h / 6 + h**2 / 24), h + np.expm1(-h))
    return np.asarray(2 * (speed * persistence) ** 2 * bent, dtype=np.float64)


def log_likelihood(walks: Walks, speed: Array, persistence: Array, noise: Array) -> Array:
    """Return the log-likelihood of each path, given its start.

    Parameters
    ----------
    walks
        N paths, in px and frames.
    speed, persistence, noise
        ``(..., N)`` or broadcastable to it: S in px per frame, P in frames, sigma in px. Leading axes are additional
        sets of parameters.

    Returns
    -------
    ndarray
        ``(..., N)``, in the order of `walks`.
    """
    speed, persistence, noise = np.broadcast_arrays(speed, persistence, noise, np.zeros(walks.n_paths))[:3]
    variance, error = speed**2 / 2, noise**2
    # The start is observed with the same error, without prior knowledge.
    place_place, place_velocity, velocity_velocity = error.copy(), np.zeros_like(error), variance.copy()
    place = np.zeros((*speed.shape, 2))
    velocity = np.zeros_like(place)
    total = np.zeros_like(error)
    one_frame = Transition.over(1.0, persistence)
    for step, n in enumerate(walks.n_active.tolist()):
        if n < place_place.shape[-1]:
            place_place, place_velocity, velocity_velocity, variance, error = (
                a[..., :n] for a in (place_place, place_velocity, velocity_velocity, variance, error)
            )
            place, velocity = place[..., :n, :], velocity[..., :n, :]
            one_frame = one_frame.first(n)
        intervals = walks.intervals[step, :n]
        go = one_frame if (intervals == 1).all() else Transition.over(intervals, persistence[..., :n])
        place = place + go.reach[..., None] * velocity
        velocity = go.kept[..., None] * velocity
        shared = place_velocity + go.reach * velocity_velocity
        place_place = place_place + go.reach * (place_velocity + shared) + variance * go.of_place
        place_velocity = go.kept * shared + variance * go.of_both
        velocity_velocity = go.kept**2 * velocity_velocity + variance * go.of_velocity
        expected = place_place + error
        surprise = walks.places[step, :n] - place
        total[..., :n] -= np.log(2 * np.pi * expected) + (surprise**2).sum(axis=-1) / (2 * expected)
        place_gain, velocity_gain = place_place / expected, place_velocity / expected
        place = place + place_gain[..., None] * surprise
        velocity = velocity + velocity_gain[..., None] * surprise
        velocity_velocity = velocity_velocity - velocity_gain * place_velocity
        place_velocity = place_velocity * (1 - place_gain)
        place_place = place_place * (1 - place_gain)
    return total
