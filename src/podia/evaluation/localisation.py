"""Localisation scores of detections against true positions, by linear assignment within a cut-off.

Source: a study on learning from scarce annotation of HT1080 cells (:mod:`podia.references`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.spatial.distance import cdist

from podia.data.errors import InvalidInputError
from podia.evaluation.overlap import ratio

DEFAULT_CUT_OFF_PX = 70.0
"""Maximum distance (px) between a detection and its cell, as in the study on scarce annotation."""


@dataclass(frozen=True)
class LocalisationCounts:
    """Counts of correct, false and missed detections, with the sum of distances of the correct ones; additive."""

    tp: int = 0
    fp: int = 0
    fn: int = 0
    distance_sum: float = 0.0

    def __add__(self, other: LocalisationCounts) -> LocalisationCounts:
        return LocalisationCounts(
            self.tp + other.tp,
            self.fp + other.fp,
            self.fn + other.fn,
            self.distance_sum + other.distance_sum,
        )

    @property
    def f_score(self) -> float:
        """``2 TP / (2 TP + FP + FN)``; NaN if both sides are empty."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def precision(self) -> float:
        """``TP / (TP + FP)``; NaN without detections."""
        return ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """``TP / (TP + FN)``; NaN without truth."""
        return ratio(self.tp, self.tp + self.fn)

    @property
    def mean_distance(self) -> float:
        """Mean distance of correct detections, in the unit of the positions; NaN without any."""
        return ratio(self.distance_sum, self.tp)


def match_points(
    truth: NDArray[np.float64], found: NDArray[np.float64], cut_off: float
) -> list[tuple[int, int]]:
    """Return pairs ``(truth row, found row)`` of positions ``(N, 2)`` no further apart than `cut_off`.

    They are the linear assignment with the minimum sum of distances, where an unmatched position costs `cut_off`.
    """
    if not cut_off > 0:
        raise InvalidInputError(f"The cut-off must be a positive distance, not {cut_off}.")
    if not len(truth) or not len(found):
        return []
    distance = cdist(truth, found)
    # Just above the cut-off, so that a pair at exactly that distance is still matched.
    rows, columns = linear_sum_assignment(np.minimum(distance, np.nextafter(cut_off, np.inf)))
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if distance[i, j] <= cut_off]


def localisation_counts(
    truth: NDArray[np.float64],
    found: NDArray[np.float64],
    *,
    cut_off: float = DEFAULT_CUT_OFF_PX,
    unlabelled: NDArray[np.bool_] | None = None,
) -> LocalisationCounts:
    """Return the counts of detections ``(M, 2)`` against true positions ``(N, 2)`` of one frame.

    Parameters
    ----------
    truth, found
        Positions ``(y, x)`` in px.
    cut_off
        Maximum distance of a pair.
    unlabelled
        ``(Y, X)``, true in unannotated regions. Unmatched detections in these regions are not counted.
    """
    return count_detections(truth, found, cut_off, in_unlabelled=lie_in(found, unlabelled))


def count_detections(
    truth: NDArray[np.float64],
    found: NDArray[np.float64],
    cut_off: float,
    *,
    in_unlabelled: NDArray[np.bool_],
) -> LocalisationCounts:
    """Return the same for a given mask ``(M,)`` of detections in unannotated regions."""
    pairs = match_points(truth, found, cut_off)
    unmatched = np.setdiff1d(np.arange(len(found)), [j for _, j in pairs]).astype(np.int64)
    n_wrong = int(np.count_nonzero(~in_unlabelled[unmatched]))
    distance = sum(float(np.linalg.norm(truth[i] - found[j])) for i, j in pairs)
    return LocalisationCounts(len(pairs), n_wrong, len(truth) - len(pairs), distance)


def lie_in(points: NDArray[np.float64], region: NDArray[np.bool_] | None) -> NDArray[np.bool_]:
    """Return which of `points` ``(N, 2)`` lie in `region` ``(Y, X)``; none if there is no region."""
    if region is None:
        return np.zeros(len(points), dtype=bool)
    inner = np.clip(np.rint(points).astype(np.int64), 0, np.array(region.shape) - 1)
    return np.asarray(region[inner[:, 0], inner[:, 1]])
