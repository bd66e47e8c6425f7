"""Boundary scores: F-score, Hausdorff distance and mean distance of outlines."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_erosion, distance_transform_edt

from podia.data.errors import InvalidInputError


@dataclass(frozen=True)
class BoundaryScores:
    """Agreement of two outlines; distances in px."""

    f_score: float
    hausdorff95_px: float
    mean_distance_px: float


MISSED = BoundaryScores(0.0, float("nan"), float("nan"))
"""The scores of a missed cell."""


def outline_of(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the pixels of `mask` ``(Y, X)`` with a 4-neighbour outside it; the frame edge is not an outline."""
    return np.asarray(mask & ~binary_erosion(mask, border_value=1), dtype=np.bool_)


def boundary_scores(
    truth: NDArray[np.bool_], result: NDArray[np.bool_], *, tolerance_px: float = 2.0
) -> BoundaryScores:
    """Return boundary F-score, 95 % Hausdorff distance and mean boundary distance of two masks ``(Y, X)``.

    The F-score (Csurka et al. 2013) is the harmonic mean of the fractions of each outline within `tolerance_px` of the
    other. The Hausdorff distance is the larger of the 95th percentiles of both directions, and the mean distance is the
    mean of the means of both directions. Distances are between pixel centres.

    Raises
    ------
    InvalidInputError
        If the truth has no outline, or sizes differ.
    """
    if truth.shape != result.shape:
        raise InvalidInputError(
            f"The truth is {truth.shape} and the result {result.shape}; (Y, X) must be the same."
        )
    true_outline, found_outline = outline_of(truth), outline_of(result)
    if not true_outline.any():
        raise InvalidInputError("The true mask has no outline: it is empty, or fills the frame.")
    if not found_outline.any():
        return MISSED
    of_found = distance_transform_edt(~true_outline)[found_outline]
    of_true = distance_transform_edt(~found_outline)[true_outline]
    precision = float(np.mean(of_found <= tolerance_px))
    recall = float(np.mean(of_true <= tolerance_px))
    f_score = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return BoundaryScores(
        f_score,
        float(max(np.percentile(of_found, 95), np.percentile(of_true, 95))),
        float((of_found.mean() + of_true.mean()) / 2),
    )
