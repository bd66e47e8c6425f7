"""Shared velocity of all cells, with Hotelling's test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import f as fisher

from podia.measurement.migration.newton import Array
from podia.measurement.migration.walks import Path

MIN_TRACKS_FOR_DRIFT = 10
"""Minimum number of tracks for which shared motion is removed before the fit; with fewer, it would remove motion of
the cells."""


@dataclass(frozen=True)
class DriftTest:
    """Shared velocity of all cells, ``(2,)`` as ``(y, x)`` px per frame, and Hotelling's p-value for zero velocity."""

    velocity: Array
    p_value: float


def drift_test(paths: Sequence[Path]) -> DriftTest:
    """Test whether the mean velocity of tracks is zero, by Hotelling's one-sample test.

    ``T^2 = n m' S^-1 m`` with mean m and covariance S of the tracks' net velocities; ``(n - 2) / (2 (n - 1)) T^2`` has
    an F distribution of 2 and n - 2 degrees of freedom (Hotelling, Annals of Mathematical Statistics 2, 360, 1931).
    Tracks are the statistical units, so persistence within a track does not matter. The returned velocity is the sum of
    all displacements divided by the sum of durations. NaN if all tracks have one frame; p is also NaN with fewer than
    four tracks.
    """
    moving = [path for path in paths if len(path[0]) > 1]
    if not moving:
        return DriftTest(np.full(2, np.nan), np.nan)
    displacement = np.array([positions[-1] - positions[0] for _, positions in moving])
    duration = np.array([frames[-1] - frames[0] for frames, _ in moving], dtype=np.float64)
    velocity = displacement.sum(axis=0) / duration.sum()
    return DriftTest(velocity, _hotelling_p(displacement / duration[:, None]))


def _hotelling_p(vectors: Array) -> float:
    n = len(vectors)
    if n < 4:
        return np.nan
    mean, covariance = vectors.mean(axis=0), np.cov(vectors.T)
    if np.linalg.cond(covariance) > 1e12:
        return np.nan
    t_squared = n * float(mean @ np.linalg.solve(covariance, mean))
    return float(fisher.sf((n - 2) / (2 * (n - 1)) * t_squared, 2, n - 2))
