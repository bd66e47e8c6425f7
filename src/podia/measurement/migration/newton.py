"""Batched Newton maximisation, for the likelihoods of hundreds of tracks with a few parameters each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Objective = Callable[[Array], Array]
"""``(D, M, N)`` parameters to ``(M, N)`` values: M trials of D parameters for each of N problems."""

_STEP = 2e-3
"""Step of finite differences, for logarithmic parameters: truncation and rounding errors are below 1e-5."""

_LONGEST, _SHORTEST = 1.0, 1e-4
_MAX_ITERATIONS = 40


@dataclass(frozen=True)
class Maxima:
    """Maxima of N functions of D parameters.

    Parameters
    ----------
    place
        ``(D, N)``.
    value
        ``(N,)``.
    gradient
        ``(D, N)``; nonzero if the maximum is at a bound.
    curvature
        ``(D, D, N)`` second derivatives there.
    """

    place: Array
    value: Array
    gradient: Array
    curvature: Array


def maximise(objective: Objective, start: Array, low: Array, high: Array) -> Maxima:
    """Return the local maxima reached from `start` within bounds, by Newton's method with a trust region.

    Derivatives are central differences. Where a function is not concave, the absolute curvature is used; a step that
    decreases the value is undone and shortened.

    Parameters
    ----------
    objective
        The functions, evaluated for all problems together.
    start, low, high
        ``(D, N)``.
    """
    place = np.clip(start, low, high)
    value, gradient, curvature = _derivatives(objective, place)
    radius = np.full(place.shape[1], _LONGEST)
    for _ in range(_MAX_ITERATIONS):
        step = _uphill(place, gradient, curvature, low, high)
        length = np.abs(step).max(axis=0)
        step = step * np.minimum(1, radius / np.maximum(length, 1e-300))
        trial = np.clip(place + step, low, high)
        if np.abs(trial - place).max(initial=0) < _SHORTEST:
            break
        found = _derivatives(objective, trial)
        better = found[0] >= value
        radius = np.where(better, np.minimum(2 * radius, _LONGEST), np.minimum(radius, length) / 4)
        place = np.where(better, trial, place)
        value = np.where(better, found[0], value)
        gradient = np.where(better, found[1], gradient)
        curvature = np.where(better, found[2], curvature)
    return Maxima(place, value, gradient, curvature)


def _uphill(place: Array, gradient: Array, curvature: Array, low: Array, high: Array) -> Array:
    """Return Newton's step where the function is concave, otherwise a step of equal length along the gradient."""
    held = ((place <= low) & (gradient < 0)) | ((place >= high) & (gradient > 0))
    slope = np.where(held, 0.0, gradient).T
    bend = np.where(held[:, None] | held[None], 0.0, curvature).transpose(2, 0, 1)
    sizes, axes = np.linalg.eigh(bend)
    along = np.einsum("nij,ni->nj", axes, slope) / np.maximum(np.abs(sizes), 1e-6)
    return np.asarray(np.einsum("nij,nj->in", axes, along), dtype=np.float64)


def _derivatives(objective: Objective, place: Array) -> tuple[Array, Array, Array]:
    n_parameters = len(place)
    pairs = [(i, j) for i in range(n_parameters) for j in range(i)]
    unit = _STEP * np.eye(n_parameters)
    offsets = [np.zeros(n_parameters), *unit, *-unit]
    offsets += [sign * (unit[i] + unit[j]) for i, j in pairs for sign in (1, -1)]
    values = objective(place[:, None, :] + np.array(offsets).T[:, :, None])
    middle, plus, minus = (
        values[0],
        values[1 : 1 + n_parameters],
        values[1 + n_parameters : 1 + 2 * n_parameters],
    )
    gradient = (plus - minus) / (2 * _STEP)
    curvature = np.zeros((n_parameters, n_parameters, place.shape[1]))
    for i in range(n_parameters):
        curvature[i, i] = (plus[i] - 2 * middle + minus[i]) / _STEP**2
    for index, (i, j) in enumerate(pairs):
        both = values[1 + 2 * n_parameters + 2 * index :][:2].sum(axis=0)
        mixed = both - plus[i] - plus[j] - minus[i] - minus[j] + 2 * middle
        curvature[i, j] = curvature[j, i] = mixed / (2 * _STEP**2)
    return middle, gradient, curvature
