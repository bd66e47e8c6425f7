"""Counts of one frame: pixels, cells, outlines, thin structures, positions."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import find_objects

from podia.data.movie import LabelImage
from podia.evaluation.boundary import MISSED, BoundaryScores, boundary_scores
from podia.evaluation.ctc_matching import FrameMatch
from podia.evaluation.localisation import localisation_counts
from podia.evaluation.overlap import cell_counts, pixel_counts
from podia.evaluation.protrusion_recall import ThinLengths, thin_lengths
from podia.evaluation.scores import MATCHED, Group

Box = tuple[slice, slice]
_LARGEST_LISTED = 1_000_000
"""Maximum label for scipy, which lists a box for every value up to it; larger labels are renumbered first."""


def overlap_row(truth: LabelImage, result: LabelImage, groups: Collection[Group]) -> dict[str, float]:
    """Return the counts of pixels and cells of one frame, both ``(Y, X)``."""
    row: dict[str, float] = {}
    if "overlap" in groups:
        pixels = pixel_counts(truth, result)
        row |= {"pixel_tp": pixels.tp, "pixel_fp": pixels.fp, "pixel_fn": pixels.fn}
    if "instances" in groups:
        cells = cell_counts(truth, result)
        row |= {"n_truth": cells.n_truth, "n_result": cells.n_result}
        row |= dict(zip(MATCHED, cells.matched, strict=True))
        row |= {"iou_sum_50": cells.iou_sum_at_half}
        row |= {"aji_shared": cells.aji_shared, "aji_union": cells.aji_union}
    return row


def localisation_row(
    truth: NDArray[np.float64],
    found: NDArray[np.float64],
    cut_off_px: float,
    unlabelled: NDArray[np.bool_] | None,
) -> dict[str, float]:
    """Return the counts of detections ``(M, 2)`` against true positions ``(N, 2)`` of one frame."""
    counts = localisation_counts(truth, found, cut_off=cut_off_px, unlabelled=unlabelled)
    return {
        "found_tp": counts.tp,
        "found_fp": counts.fp,
        "found_fn": counts.fn,
        "found_distance_px": counts.distance_sum,
    }


def cell_rows(
    truth: LabelImage, result: LabelImage, match: FrameMatch, groups: Collection[Group], tolerance_px: float
) -> list[dict[str, float]]:
    """Return one row per true cell: its match by the CTC rule, and its scores of outline and thin structures.

    Each is computed in the bounding box of the true cell and its match, with a margin of one pixel, so that both
    outlines lie inside.
    """
    partners = dict(zip(match.matched_truth, zip(match.matched_result, match.ious, strict=True), strict=True))
    needs_pixels = bool({"boundary", "thin"} & set(groups))
    true_boxes, found_boxes = (_boxes(image) for image in (truth, result)) if needs_pixels else ({}, {})
    rows: list[dict[str, float]] = []
    for label in match.truth_labels:
        partner, iou = partners.get(label, (0, 0.0))
        row: dict[str, float] = {"label": label, "result_label": partner, "iou": iou}
        if needs_pixels:
            box = _joined(true_boxes[label], found_boxes.get(partner), truth.shape)
            row |= {"top": box[0].start, "left": box[1].start, "bottom": box[0].stop, "right": box[1].stop}
            true_cell = truth[box] == label
            found_cell = (result[box] == partner) if partner else np.zeros_like(true_cell)
            row |= _cell_scores(true_cell, found_cell, groups, tolerance_px)
        rows.append(row)
    return rows


def _cell_scores(
    truth: NDArray[np.bool_], result: NDArray[np.bool_], groups: Collection[Group], tolerance_px: float
) -> dict[str, float]:
    row: dict[str, float] = {}
    if "boundary" in groups:
        scores = _boundary(truth, result, tolerance_px)
        row["boundary_F"] = scores.f_score
        row["hausdorff95_px"] = scores.hausdorff95_px
        row["boundary_distance_px"] = scores.mean_distance_px
    if "thin" in groups:
        lengths = thin_lengths(truth, result)
        row |= {"thin_px": lengths.total_px, "thin_covered_px": lengths.covered_px}
        row["thin_recall"] = ThinLengths(lengths.total_px, lengths.covered_px).recall
    return row


def _boundary(truth: NDArray[np.bool_], result: NDArray[np.bool_], tolerance_px: float) -> BoundaryScores:
    if truth.all():  # a cell that fills the frame has no outline
        return BoundaryScores(float("nan"), float("nan"), float("nan"))
    if not result.any():
        return MISSED
    return boundary_scores(truth, result, tolerance_px=tolerance_px)


def _boxes(labels: LabelImage) -> dict[int, Box]:
    """Return the bounding box of each label."""
    if int(labels.max(initial=0)) <= _LARGEST_LISTED:
        return {value: box for value, box in enumerate(find_objects(labels), start=1) if box is not None}
    values, index = np.unique(labels, return_inverse=True)
    numbered = index.reshape(labels.shape) + (values[0] > 0)
    names = values[values > 0].tolist()
    return dict(zip(names, find_objects(numbered.astype(np.int32)), strict=True))


def _joined(one: Box, other: Box | None, shape: tuple[int, ...]) -> Box:
    boxes = [one] if other is None else [one, other]
    sides = [
        slice(max(min(b[axis].start for b in boxes) - 1, 0), min(max(b[axis].stop for b in boxes) + 1, size))
        for axis, size in enumerate(shape)
    ]
    return sides[0], sides[1]
