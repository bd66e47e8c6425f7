"""Choice of the spot threshold on validation frames."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.evaluation.localisation import LocalisationCounts, localisation_counts

LOWEST = 0.05
"""Lowest candidate threshold; lower spots are never cells."""
THRESHOLDS = tuple(round(LOWEST * k, 2) for k in range(1, 20))


@dataclass(frozen=True)
class SpotsAndTruth:
    """Spots of a frame, true positions ``(M, 2)``, and a mask of unlabelled pixels ``(Y, X)``.

    For each of :data:`THRESHOLDS`, the spots above it, ``(N, 3)`` as y, x and height.
    """

    spots: Mapping[float, NDArray[np.float64]]
    truth: NDArray[np.float64]
    unlabelled: NDArray[np.bool_]


def choose_threshold(frames: Sequence[SpotsAndTruth], *, cut_off_px: float, fallback: float) -> float:
    """Return the threshold with the best F over all frames; the middle one if several are equal.

    Parameters
    ----------
    frames
        Predicted spots and true positions.
    cut_off_px
        Maximum distance between a detected and a true position.
    fallback
        Returned if no threshold finds a cell.
    """
    scores = np.array([_f_score(frames, threshold, cut_off_px) for threshold in THRESHOLDS])
    best = scores.max(initial=0.0)
    if not best > 0:
        return fallback
    alike = [
        threshold for threshold, score in zip(THRESHOLDS, scores, strict=True) if np.isclose(score, best)
    ]
    return alike[len(alike) // 2]


def _f_score(frames: Sequence[SpotsAndTruth], threshold: float, cut_off_px: float) -> float:
    counts = LocalisationCounts()
    for frame in frames:
        found = frame.spots[threshold][:, :2]
        counts += localisation_counts(frame.truth, found, cut_off=cut_off_px, unlabelled=frame.unlabelled)
    f_score = counts.f_score
    return 0.0 if np.isnan(f_score) else f_score
