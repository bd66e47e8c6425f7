"""Principal shape modes of the outlines of a movie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

N_MODES = 4
"""Number of modes in the tables."""

MIN_SHAPES = 10
"""Minimum number of outlines for modes."""


@dataclass(frozen=True)
class ShapeModes:
    """Mean outline, and its principal directions of variance.

    Parameters
    ----------
    mean
        ``(F,)`` mean descriptors.
    directions
        ``(F, F)`` one column per mode, largest variance first.
    deviations
        ``(F,)`` standard deviation of the outlines along each direction.
    """

    mean: Array
    directions: Array
    deviations: Array

    def scores(self, descriptors: Array, n_modes: int) -> Array:
        """Return the scores of outlines ``(N, F)`` along the first modes, in units of the descriptors."""
        return np.asarray((descriptors - self.mean) @ self.directions[:, :n_modes], dtype=np.float64)

    def at(self, mode: int, deviations: float) -> Array:
        """Return the descriptors at a number of standard deviations along a mode (from 0)."""
        return np.asarray(
            self.mean + deviations * self.deviations[mode] * self.directions[:, mode], dtype=np.float64
        )

    @property
    def variance_shares(self) -> Array:
        """Fraction of the variance explained by each mode; NaN if all outlines are equal."""
        variances = self.deviations**2
        total = variances.sum()
        return np.asarray(
            variances / total if total > 0 else np.full_like(variances, np.nan), dtype=np.float64
        )


def find_modes(descriptors: Array) -> ShapeModes:
    """Return the principal modes of ``(N, F)`` descriptors, N at least 2.

    The largest component of each direction is positive, so that the same outlines always give the same modes.
    """
    mean = descriptors.mean(axis=0)
    variances, directions = np.linalg.eigh(np.cov(descriptors.T))
    variances, directions = variances[::-1], directions[:, ::-1]
    largest = np.abs(directions).argmax(axis=0)
    signs = np.sign(directions[largest, np.arange(len(largest))])
    return ShapeModes(mean, directions * signs, np.sqrt(np.maximum(variances, 0.0)))
