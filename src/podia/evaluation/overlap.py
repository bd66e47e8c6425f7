"""Overlap of two label images, by pixels and by cells."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from podia.data.errors import InvalidInputError
from podia.data.movie import LabelImage

AP_THRESHOLDS: tuple[float, ...] = tuple(round(0.5 + 0.05 * step, 2) for step in range(10))
"""IoU thresholds 0.50, 0.55 ... 0.95 of the mean average precision."""


def ratio(numerator: float, denominator: float) -> float:
    """Return ``numerator / denominator``, NaN if the denominator is zero."""
    return numerator / denominator if denominator else float("nan")


@dataclass(frozen=True)
class PixelCounts:
    """Counts of foreground pixels that agree and disagree; additive over images."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: PixelCounts) -> PixelCounts:
        return PixelCounts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def iou(self) -> float:
        """Jaccard index, ``TP / (TP + FP + FN)``; NaN if both are empty."""
        return ratio(self.tp, self.tp + self.fp + self.fn)

    @property
    def dice(self) -> float:
        """``2 TP / (2 TP + FP + FN)``; NaN if both are empty."""
        return ratio(2 * self.tp, 2 * self.tp + self.fp + self.fn)

    @property
    def precision(self) -> float:
        """``TP / (TP + FP)``; NaN if the result is empty."""
        return ratio(self.tp, self.tp + self.fp)

    @property
    def recall(self) -> float:
        """``TP / (TP + FN)``; NaN if the truth is empty."""
        return ratio(self.tp, self.tp + self.fn)


def pixel_counts(truth: LabelImage, result: LabelImage) -> PixelCounts:
    """Return the pixel counts of the foregrounds of two label images ``(Y, X)``."""
    _require_same_shape(truth, result)
    in_truth, in_result = truth > 0, result > 0
    both = int(np.count_nonzero(in_truth & in_result))
    return PixelCounts(both, int(np.count_nonzero(in_result)) - both, int(np.count_nonzero(in_truth)) - both)


@dataclass(frozen=True)
class Overlaps:
    """Areas and pairwise intersections of the cells of two label images.

    ``shared[i, j]`` is the number of pixels in both ``truth_labels[i]`` and ``result_labels[j]``.
    """

    truth_labels: NDArray[np.int64]
    result_labels: NDArray[np.int64]
    truth_areas: NDArray[np.int64]
    result_areas: NDArray[np.int64]
    shared: NDArray[np.int64]

    @property
    def iou(self) -> NDArray[np.float64]:
        """Intersection over union of each pair of cells, ``(truth, result)``."""
        union = self.truth_areas[:, None] + self.result_areas[None, :] - self.shared
        return np.asarray(self.shared / union, dtype=np.float64)


def cell_overlaps(truth: LabelImage, result: LabelImage) -> Overlaps:
    """Return areas and intersections of all cells of two label images ``(Y, X)``."""
    _require_same_shape(truth, result)
    truth_labels, truth_index = index_labels(truth)
    result_labels, result_index = index_labels(result)
    shape = (len(truth_labels), len(result_labels))
    table = np.bincount(truth_index * shape[1] + result_index, minlength=shape[0] * shape[1])
    shared = table.reshape(shape)
    rows, columns = truth_labels > 0, result_labels > 0
    return Overlaps(
        truth_labels[rows],
        result_labels[columns],
        shared.sum(axis=1)[rows],
        shared.sum(axis=0)[columns],
        shared[rows][:, columns],
    )


def index_labels(image: LabelImage) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the values in `image`, ascending (including 0 if present), and the index of each pixel in them."""
    pixels = image.ravel()
    if int(pixels.max(initial=0)) > pixels.size:
        found, index = np.unique(pixels, return_inverse=True)
        return found.astype(np.int64), index.astype(np.int64)
    # Labels are small integers, so counting is ten times faster than sorting.
    values = np.flatnonzero(np.bincount(pixels)).astype(np.int64)
    index_of = np.zeros(int(values.max(initial=0)) + 1, np.int64)
    index_of[values] = np.arange(len(values))
    return values, index_of[pixels]


def match_cells(overlaps: Overlaps, min_iou: float = 0.5) -> list[tuple[int, int]]:
    """Return pairs ``(row, column)`` of cells with an IoU of at least `min_iou`, one to one.

    Among possible assignments, the one with the most pairs is chosen, then the one with the largest sum of IoU.
    """
    iou = overlaps.iou
    allowed = iou >= min_iou
    # An additional pair outweighs any sum of IoU, which is below the number of pairs.
    gain = np.where(allowed, iou + min(iou.shape, default=0) + 1.0, 0.0)
    rows, columns = linear_sum_assignment(gain, maximize=True)
    return [(int(i), int(j)) for i, j in zip(rows, columns, strict=True) if allowed[i, j]]


@dataclass(frozen=True)
class CellCounts:
    """Cells matched at each of :data:`AP_THRESHOLDS`, and the areas of the aggregated Jaccard index.

    Counts are additive over images, so pooled scores are computed from their sums.
    """

    n_truth: int = 0
    n_result: int = 0
    matched: tuple[int, ...] = (0,) * len(AP_THRESHOLDS)
    iou_sum_at_half: float = 0.0
    aji_shared: int = 0
    aji_union: int = 0

    def __add__(self, other: CellCounts) -> CellCounts:
        return CellCounts(
            self.n_truth + other.n_truth,
            self.n_result + other.n_result,
            tuple(a + b for a, b in zip(self.matched, other.matched, strict=True)),
            self.iou_sum_at_half + other.iou_sum_at_half,
            self.aji_shared + other.aji_shared,
            self.aji_union + other.aji_union,
        )

    def f1(self, min_iou: float) -> float:
        """F1 of detection at an IoU of :data:`AP_THRESHOLDS`; NaN if there are no cells."""
        return ratio(2 * self.matched[_index(min_iou)], self.n_truth + self.n_result)

    @property
    def mean_average_precision(self) -> float:
        """Mean over thresholds of ``TP / (TP + FP + FN)`` (Data Science Bowl 2018, StarDist, Cellpose)."""
        cells = self.n_truth + self.n_result
        return float(np.mean([ratio(tp, cells - tp) for tp in self.matched]))

    @property
    def aggregated_jaccard(self) -> float:
        """Aggregated Jaccard index: intersection over union of the best pairs, plus false cells (Kumar et al. 2017)."""
        return ratio(self.aji_shared, self.aji_union)

    @property
    def panoptic_quality(self) -> float:
        """Panoptic quality: sum of IoU of pairs over ``TP + FP / 2 + FN / 2`` at IoU 0.5 (Kirillov et al. 2019)."""
        return ratio(self.iou_sum_at_half, (self.n_truth + self.n_result) / 2)


def _index(min_iou: float) -> int:
    if min_iou not in AP_THRESHOLDS:
        raise InvalidInputError(f"There are no counts at IoU {min_iou}, only at {list(AP_THRESHOLDS)}.")
    return AP_THRESHOLDS.index(min_iou)


def cell_counts(truth: LabelImage, result: LabelImage) -> CellCounts:
    """Return the match counts of the cells of two label images ``(Y, X)``."""
    overlaps = cell_overlaps(truth, result)
    at_half = match_cells(overlaps, 0.5)
    matched = [len(at_half), *(len(match_cells(overlaps, threshold)) for threshold in AP_THRESHOLDS[1:])]
    shared, union = _aggregated_areas(overlaps)
    return CellCounts(
        n_truth=len(overlaps.truth_labels),
        n_result=len(overlaps.result_labels),
        matched=tuple(matched),
        iou_sum_at_half=float(sum(overlaps.iou[pair] for pair in at_half)),
        aji_shared=shared,
        aji_union=union,
    )


def _aggregated_areas(overlaps: Overlaps) -> tuple[int, int]:
    if not len(overlaps.truth_labels) or not len(overlaps.result_labels):
        return 0, int(overlaps.truth_areas.sum() + overlaps.result_areas.sum())
    best = overlaps.iou.argmax(axis=1)
    rows = np.arange(len(best))
    hit = overlaps.shared[rows, best] > 0
    shared = int(overlaps.shared[rows, best].sum())
    union = int(overlaps.truth_areas.sum() + overlaps.result_areas[best[hit]].sum()) - shared
    unused = np.setdiff1d(np.arange(len(overlaps.result_labels)), best[hit])
    return shared, union + int(overlaps.result_areas[unused].sum())


def pool(counts: Iterable[PixelCounts]) -> PixelCounts:
    """Return the sum of pixel counts over images."""
    return sum(counts, PixelCounts())


def _require_same_shape(truth: LabelImage, result: LabelImage) -> None:
    if truth.shape != result.shape:
        raise InvalidInputError(
            f"The truth is {truth.shape} and the result {result.shape}; (Y, X) must be the same."
        )
