"""Declaration of all scores: name, meaning, and formula over additive counts.

Code, documentation and tests use this declaration. A score with `over` is a function of sums over cells or frames, so
the same formula gives the pooled value, the value of one frame, and those of the bootstrap samples.
"""

# ruff: noqa: E501 - a declaration reads best a row a line
from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from podia.evaluation.ctc import MEASURES as CTC_MEASURES
from podia.evaluation.localisation import LocalisationCounts
from podia.evaluation.overlap import AP_THRESHOLDS, CellCounts, PixelCounts, ratio
from podia.references import REFERENCES

_PIXEL_SOURCE = REFERENCES["ayanzadeh"].short
_POSITION_SOURCE = REFERENCES["scarce_annotation"].short
_TIP_SOURCE = f"{REFERENCES['gomez2021'].short}, section 4"

Group = Literal["ctc", "overlap", "instances", "boundary", "thin", "localisation", "tips", "stability"]
Sums = Mapping[str, float]
"""Sums of counts over cells or frames, by name."""

MATCHED = tuple(f"matched_{round(100 * threshold)}" for threshold in AP_THRESHOLDS)
"""Columns of the table of frames: matched cells at each IoU."""


@dataclass(frozen=True)
class Score:
    """A score: its key, group, meaning, source and formula."""

    name: str
    group: Group
    meaning: str
    formula: str
    source: str
    undefined: str
    """Condition under which it is NaN."""
    best: float = 1.0
    """1 if higher is better, 0 if lower is better; NaN if neither."""
    unit: str = ""
    over: Literal["cells", "frames"] | None = None
    """Unit that is resampled for an interval; None for scores that are not a function of sums."""
    counts: tuple[str, ...] = ()
    """Columns of that table; the value is computed from their sums."""
    value: Callable[[Sums], float] | None = None
    is_signed: bool = False
    """Whether it can have either sign, so that results are compared by absolute value."""


_PIXELS = ("pixel_tp", "pixel_fp", "pixel_fn")
_CELLS = ("n_truth", "n_result", *MATCHED, "iou_sum_50", "aji_shared", "aji_union")
_FOUND = ("found_tp", "found_fp", "found_fn", "found_distance_px")
_TIPS = ("tip_tp", "tip_fp", "tip_fn")


def _pixels(sums: Sums) -> PixelCounts:
    return PixelCounts(*(int(sums[name]) for name in _PIXELS))


def _cells(sums: Sums) -> CellCounts:
    return CellCounts(
        n_truth=int(sums["n_truth"]),
        n_result=int(sums["n_result"]),
        matched=tuple(int(sums[name]) for name in MATCHED),
        iou_sum_at_half=sums["iou_sum_50"],
        aji_shared=int(sums["aji_shared"]),
        aji_union=int(sums["aji_union"]),
    )


def _found(sums: Sums) -> LocalisationCounts:
    tp, fp, fn = (int(sums[name]) for name in _FOUND[:3])
    return LocalisationCounts(tp, fp, fn, sums["found_distance_px"])


def _tips(sums: Sums) -> LocalisationCounts:
    return LocalisationCounts(*(int(sums[name]) for name in _TIPS))


def _mean_of(column: str) -> Callable[[Sums], float]:
    return lambda sums: ratio(sums[column], sums[f"n_{column}"])


_CTC_MEANINGS = {
    "SEG": ("Mean IoU of true cells with the result cell that covers more than half of each; 0 for a missed cell.", "mean over true cells of |R and S| / |R or S|"),
    "DET": ("Detection accuracy: one minus the normalised cost of correcting the detected cells.", "1 - min(AOGM-D, AOGM-D0) / AOGM-D0"),
    "TRA": ("Tracking accuracy: one minus the normalised cost of correcting cells and links.", "1 - min(AOGM, AOGM0) / AOGM0"),
    "LNK": ("Linking accuracy: the same for links only.", "1 - min(AOGM-A, AOGM-A0) / AOGM-A0"),
    "OP_CSB": ("Overall score of the segmentation benchmark.", "(SEG + DET) / 2"),
    "OP_CTB": ("Overall score of the tracking benchmark.", "(SEG + TRA) / 2"),
    "CT": ("Complete tracks: fraction of tracks that are complete from the first to the last frame.", "2 complete / (true tracks + result tracks)"),
    "TF": ("Track fractions: mean over detected tracks of the longest part that one result track follows.", "mean of longest run / length"),
    "CCA": ("Cell cycle accuracy: agreement of the distributions of cell-cycle length.", "1 - max |CDF - CDF of truth|"),
    "CHOTA": ("Accuracy of detection and association, with lineage as part of a cell's identity.", "mean over thresholds of sqrt(sum of association / |TP or FP or FN|)"),
}  # fmt: skip
_CTC_NUMBERED = {
    "BC": ("F-score of divisions, with a tolerance of {i} frames.", "2 TP / (2 TP + FP + FN)"),
    "BIO": ("Mean of the biological measures that are defined.", "mean of CT, TF, BC({i}), CCA"),
    "OP_CLB": ("Overall score of the linking benchmark.", "(LNK + BIO({i})) / 2"),
}
_CTC_UNDEFINED = {
    "LNK": "the truth has no links",
    "CCA": "the truth has no complete cell cycle",
    "BC": "neither side has a division to compare",
}
_CTC_SOURCE = (
    "Cell Tracking Challenge (Matula et al. 2015; Ulman et al. 2017; Maska et al. 2023), by py-ctcmetrics"
)
_NO_CELLS = "neither side has a cell"
_NO_SCORES = "detections have no scores"


def _ctc_score(name: str) -> Score:
    base, _, number = name.partition("(")
    meaning, formula = _CTC_NUMBERED[base] if number else _CTC_MEANINGS[name]
    by_cells = name == "SEG"
    return Score(
        name,
        "ctc",
        meaning.format(i=number.rstrip(")")),
        formula.format(i=number.rstrip(")")),
        "Kaiser et al. 2024" if name == "CHOTA" else _CTC_SOURCE,
        _CTC_UNDEFINED.get(base, "not measured"),
        over="cells" if by_cells else None,
        counts=("iou", "n_iou") if by_cells else (),
        value=_mean_of("iou") if by_cells else None,
    )


SCORES: tuple[Score, ...] = (
    *(_ctc_score(name) for name in CTC_MEASURES),
    Score("IoU", "overlap", "Intersection over union of the foreground, with the pixels of all frames pooled.", "TP / (TP + FP + FN)", f"Jaccard 1901; {_PIXEL_SOURCE}", "both sides are empty", over="frames", counts=_PIXELS, value=lambda s: _pixels(s).iou),
    Score("Dice", "overlap", "Intersection of the foregrounds over the mean of their areas.", "2 TP / (2 TP + FP + FN)", f"Dice 1945; {_PIXEL_SOURCE}", "both sides are empty", over="frames", counts=_PIXELS, value=lambda s: _pixels(s).dice),
    Score("precision", "overlap", "Fraction of the result foreground that is true foreground.", "TP / (TP + FP)", _PIXEL_SOURCE, "the result is empty", over="frames", counts=_PIXELS, value=lambda s: _pixels(s).precision),
    Score("recall", "overlap", "Fraction of the true foreground that is in the result.", "TP / (TP + FN)", _PIXEL_SOURCE, "the truth is empty", over="frames", counts=_PIXELS, value=lambda s: _pixels(s).recall),
    Score("mAP", "instances", "Matched cells over all cells of both sides, mean over IoU thresholds 0.50, 0.55 ... 0.95.", "mean of TP / (TP + FP + FN)", "Data Science Bowl 2018 (Caicedo et al. 2019)", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).mean_average_precision),
    Score("F1_50", "instances", "F-score of cells, matched one to one at an IoU of 0.5.", "2 TP / (2 TP + FP + FN)", "Caicedo et al. 2019", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).f1(0.5)),
    Score("F1_75", "instances", "The same at an IoU of 0.75.", "2 TP / (2 TP + FP + FN)", "Caicedo et al. 2019", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).f1(0.75)),
    Score("AJI", "instances", "Aggregated Jaccard index: intersection over union of the best pairs; false cells are added to the union.", "sum |R and S| / (sum |R or S| + sum |unused S|)", "Kumar et al. 2017", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).aggregated_jaccard),
    Score("PQ", "instances", "Panoptic quality: F1 at IoU 0.5 times the mean IoU of the pairs.", "sum IoU / (TP + FP / 2 + FN / 2)", "Kirillov et al. 2019", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).panoptic_quality),
    Score("boundary_F", "boundary", "Mean F-score of outline pixels within the tolerance, over true cells; 0 for a missed cell.", "2 P R / (P + R)", "Csurka et al. 2013", "no true cell has an outline", over="cells", counts=("boundary_F", "n_boundary_F"), value=_mean_of("boundary_F")),
    Score("hausdorff95_px", "boundary", "Mean 95 % Hausdorff distance of the outlines, over detected cells.", "max of the 95th percentiles of both directions", "Huttenlocher et al. 1993", "no cell is detected", 0.0, "px", "cells", ("hausdorff95_px", "n_hausdorff95_px"), _mean_of("hausdorff95_px")),
    Score("boundary_distance_px", "boundary", "Mean distance of the outlines, over detected cells.", "mean of the means of both directions", "average symmetric surface distance", "no cell is detected", 0.0, "px", "cells", ("boundary_distance_px", "n_boundary_distance_px"), _mean_of("boundary_distance_px")),
    Score("thin_recall", "thin", "Fraction of the true skeleton length outside the body circle that lies inside the result; lengths are pooled.", "covered length / length", "podia", "no true cell reaches beyond its body circle", over="cells", counts=("thin_px", "thin_covered_px"), value=lambda s: ratio(s["thin_covered_px"], s["thin_px"])),
    Score("F", "localisation", "F-score of detections within the cut-off, by linear assignment.", "2 TP / (2 TP + FP + FN)", _POSITION_SOURCE, _NO_CELLS, over="frames", counts=_FOUND, value=lambda s: _found(s).f_score),
    Score("localisation_precision", "localisation", "Fraction of detections that match a true cell.", "TP / (TP + FP)", _POSITION_SOURCE, "there are no detections", over="frames", counts=_FOUND, value=lambda s: _found(s).precision),
    Score("localisation_recall", "localisation", "Fraction of true cells that are detected.", "TP / (TP + FN)", _POSITION_SOURCE, "there is no true cell", over="frames", counts=_FOUND, value=lambda s: _found(s).recall),
    Score("mean_distance_px", "localisation", "Mean distance of correct detections from the true position.", "sum of distances / TP", _POSITION_SOURCE, "there are no detections", 0.0, "px", "frames", _FOUND, lambda s: _found(s).mean_distance),
    Score("best_F", "localisation", "F-score at the best score threshold. The threshold is chosen on this truth, so the value is optimistic.", "max over thresholds of F", _POSITION_SOURCE, _NO_SCORES),
    Score("best_threshold", "localisation", "Score threshold with the best F-score.", "argmax over thresholds of F", _POSITION_SOURCE, _NO_SCORES, math.nan),
    Score("average_precision", "localisation", "Area under the precision-recall curve over all thresholds.", "sum over thresholds of recall increment times the best precision at or beyond it", "PASCAL VOC 2010 (Everingham et al. 2015)", _NO_SCORES),
    Score("tip_F", "tips", "F-score of protrusion tips within the tip cut-off.", "2 TP / (2 TP + FP + FN)", _TIP_SOURCE, "there are no tips", over="frames", counts=_TIPS, value=lambda s: _tips(s).f_score),
    Score("tip_precision", "tips", "Fraction of detected tips that are true.", "TP / (TP + FP)", _TIP_SOURCE, "no tip is detected", over="frames", counts=_TIPS, value=lambda s: _tips(s).precision),
    Score("tip_recall", "tips", "Fraction of true tips that are detected.", "TP / (TP + FN)", _TIP_SOURCE, "there is no true tip", over="frames", counts=_TIPS, value=lambda s: _tips(s).recall),
    Score("tip_length_bias", "tips", "Median relative error of the length of detected protrusions; positive if they are too long.", "median of (found - true) / true", "podia", "no tip is detected", 0.0, is_signed=True),
    Score("tip_length_spread", "tips", "Half the distance between the 16th and the 84th percentile of this error.", "(q84 - q16) / 2", "podia", "no tip is detected", 0.0),
    Score("tip_length_error", "tips", "Median of the absolute value of this error.", "median of |found - true| / true", "podia", "no tip is detected", 0.0),
    Score("tip_link_F", "tips", "F-score of frame-to-frame links that keep the identity of a protrusion.", "2 TP / (2 TP + FP + FN)", "podia", "neither side has such a link"),
    Score("neighbour_iou", "stability", "Mean IoU of a cell with itself in the next frame, with aligned centroids. Needs no truth.", "|A and B| / |A or B|", "podia", "no cell is in two consecutive frames"),
    Score("area_flicker", "stability", "Median relative second difference of the area, over cells. Needs no truth.", "|a(t-1) - 2 a(t) + a(t+1)| / a(t)", "podia", "no cell is in three consecutive frames", 0.0),
    Score("one_frame_cells", "stability", "Fraction of cells that exist in one frame only. Needs no truth.", "one-frame cells / cells, without first and last frame", "podia", "fewer than three frames, or no cells", 0.0),
    Score("one_frame_gaps", "stability", "Disappearances for one frame, per cell and frame. Needs no truth.", "gaps of one frame / cells", "podia", "there are no cells", 0.0),
)  # fmt: skip
"""All scores, in the order of the report."""

OF_THE_CURVE = ("best_F", "best_threshold", "average_precision")
"""Scores that need detections with scores; see :mod:`podia.evaluation.precision_recall`."""

GROUPS: tuple[Group, ...] = tuple(dict.fromkeys(score.group for score in SCORES))
SCORE_OF: Mapping[str, Score] = {score.name: score for score in SCORES}
