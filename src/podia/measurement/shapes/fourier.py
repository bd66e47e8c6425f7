"""Elliptic Fourier descriptors of outlines, normalised for position, size, rotation and starting point.

An outline ``z(t) = x + iy`` (y up) over its arc length t is a sum of ``c_k exp(2 pi i k t / T)``, k from -K to K, pairs
of which are the ellipses of Kuhl & Giardina, Computer Graphics and Image Processing 18, 236 (1982). Their four real
coefficients per harmonic are sums and differences of ``c_k`` and ``c_-k``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.measurement.edge.outlines import Outlines

N_HARMONICS = 12
"""Number of harmonics: details smaller than a twelfth of the outline, such as pixel noise, are omitted."""

ORDERS = np.concatenate([np.arange(-N_HARMONICS, 0), np.arange(1, N_HARMONICS + 1)])
"""Order k of each coefficient, without 0, the position."""

_EVEN = ORDERS % 2 == 0
_MAX_ROUNDS = 100
"""Maximum number of iterations for half turns; a few suffice, and rounding could cause a cycle."""

COLUMNS = tuple(f"{part}_{order}" for order in ORDERS.tolist() for part in ("re", "im"))
"""Names of the coefficients as columns."""

Coefficients = NDArray[np.complex128]
"""``(..., 2 K)``, in the order of :data:`ORDERS`."""


def outline_descriptors(outlines: Outlines) -> NDArray[np.float64]:
    """Return the normalised descriptors of every cell, ``(C, 4 K)`` in the order of :data:`COLUMNS`; NaN for a cell
    without extent.
    """
    points = outlines.points.astype(np.float64)
    traced = points[:, 1] - 1j * points[:, 0]
    found = [
        normalised(fourier_coefficients(traced[outlines.of(cell)])) for cell in range(len(outlines.labels))
    ]
    return np.array(found, dtype=np.complex128).reshape(-1, len(ORDERS)).view(np.float64)


def fourier_coefficients(outline: NDArray[np.complex128]) -> Coefficients:
    """Return the exact coefficients of a closed polygon ``(N,)``.

    Integration by parts gives ``c_k = T / (2 pi k)^2 sum_p z'_p (exp(-i w t_p) - exp(-i w t_p-1))``: Kuhl & Giardina's
    equations in complex form.
    """
    edges = np.diff(outline, append=outline[:1])
    lengths = np.abs(edges)
    edges, lengths = edges[lengths > 0], lengths[lengths > 0]
    time = np.concatenate([[0.0], np.cumsum(lengths)])
    turns = np.exp(-2j * np.pi * ORDERS * time[:, None] / time[-1])
    sums = ((edges / lengths)[:, None] * np.diff(turns, axis=0)).sum(axis=0)
    return np.asarray(time[-1] / (2 * np.pi * ORDERS) ** 2 * sums, dtype=np.complex128)


def normalised(coefficients: Coefficients) -> Coefficients:
    """Normalise descriptors: the first ellipse lies along x, has semi-major axis 1, and starts at its right end.

    The outline runs counter-clockwise. The choice between the two ends is made by :func:`turned_alike`, for many
    outlines together. NaN for an outline without extent.
    """
    ahead, back = _order(1), _order(-1)
    if abs(coefficients[ahead]) < abs(coefficients[back]):
        coefficients = coefficients[::-1]
    size = abs(coefficients[ahead]) + abs(coefficients[back])
    if not size > 0:
        return np.full(len(ORDERS), complex(np.nan, np.nan))
    one = np.angle(coefficients[ahead])
    # The angle of a circle is arbitrary and has no effect.
    other = np.angle(coefficients[back]) if abs(coefficients[back]) > 1e-12 * size else -one
    turns = np.exp(1j * (ORDERS * (other - one) / 2 - (other + one) / 2))
    return np.asarray(coefficients * turns / size, dtype=np.complex128)


def turned_alike(coefficients: Coefficients) -> Coefficients:
    """Rotate normalised outlines ``(N, 2 K)`` by 0 or 180 degrees, so that all have the same orientation.

    A half turn changes the sign of the even orders. The signs minimise the spread about the mean, which maximises the
    norm of the mean of the even orders: starting from their first principal direction, which does not depend on signs,
    each outline gets the sign that agrees with the mean until none changes. Of the two solutions, which differ by a
    half turn, the one is used in which the largest component of that mean is positive.
    """
    # A rule for single outlines is not sufficient: for a cell with two similar ends, such as a crescent, the
    # orientation would be random, and half turns would be the largest mode of the movie.
    parts = np.ascontiguousarray(coefficients[:, _EVEN]).view(np.float64)
    mean = np.linalg.eigh(parts.T @ parts)[1][:, -1]
    signs = np.zeros(len(parts))
    for _ in range(_MAX_ROUNDS):
        before, signs = signs, np.where(parts @ mean < 0, -1.0, 1.0)
        if np.array_equal(before, signs):
            break
        mean = signs @ parts
    if mean[np.abs(mean).argmax()] < 0:
        signs = -signs
    return np.asarray(np.where(_EVEN, signs[:, None], 1.0) * coefficients, dtype=np.complex128)


def outline_of(coefficients: Coefficients, n_points: int) -> NDArray[np.complex128]:
    """Return the outline of descriptors ``(..., 2 K)``, ``(..., n_points)``, without repeating the first point."""
    turns = np.exp(2j * np.pi * ORDERS[:, None] * np.arange(n_points) / n_points)
    return np.asarray(coefficients @ turns, dtype=np.complex128)


def _order(k: int) -> int:
    return int(np.flatnonzero(k == ORDERS)[0])
