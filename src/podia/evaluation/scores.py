"""Every score that podia reports: its name, what it means, and how it follows from counts that add up.

Code, documents and tests read this declaration. A score with `over` is a function of sums over cells or over frames,
so that the same line gives the pooled value, that of one frame, and those of the bootstrap's samples.
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

Group = Literal["ctc", "overlap", "instances", "boundary", "thin", "localisation", "tips", "stability"]
Sums = Mapping[str, float]
"""Count to its sum over cells or frames."""

MATCHED = tuple(f"matched_{round(100 * threshold)}" for threshold in AP_THRESHOLDS)
"""Columns of the table of frames: cells matched at each IoU."""


@dataclass(frozen=True)
class Score:
    """One number: its key, group, meaning and source, and what it is computed from."""

    name: str
    group: Group
    meaning: str
    formula: str
    source: str
    undefined: str
    """When it is NaN."""
    best: float = 1.0
    """1 where more is better, 0 where less is; NaN where neither."""
    unit: str = ""
    over: Literal["cells", "frames"] | None = None
    """What an interval resamples; None for scores that are no function of sums."""
    counts: tuple[str, ...] = ()
    """Columns of that table whose sums the value is computed from."""
    value: Callable[[Sums], float] | None = None
    is_signed: bool = False
    """Whether it errs to both sides of 0, so that results are compared by its size."""


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
    "DET": ("How little has to be corrected so that the right cells are there.", "1 - min(AOGM-D, AOGM-D0) / AOGM-D0"),
    "TRA": ("How little has to be corrected so that cells and links are right.", "1 - min(AOGM, AOGM0) / AOGM0"),
    "LNK": ("The same for links alone.", "1 - min(AOGM-A, AOGM-A0) / AOGM-A0"),
    "OP_CSB": ("Overall score of the segmentation benchmark.", "(SEG + DET) / 2"),
    "OP_CTB": ("Overall score of the tracking benchmark.", "(SEG + TRA) / 2"),
    "CT": ("Share of tracks that are complete from first frame to last.", "2 complete / (true tracks + result tracks)"),
    "TF": ("Mean over found tracks of the longest piece that one result track follows.", "mean of longest run / length"),
    "CCA": ("How well the distribution of cell-cycle lengths fits.", "1 - max |CDF - CDF of truth|"),
    "CHOTA": ("Detection and association, with lineage as part of identity.", "mean over thresholds of sqrt(sum of association / |TP or FP or FN|)"),
}  # fmt: skip
_CTC_NUMBERED = {
    "BC": ("F-score of divisions, right within {i} frames.", "2 TP / (2 TP + FP + FN)"),
    "BIO": ("Mean of the biological measures that are defined.", "mean of CT, TF, BC({i}), CCA"),
    "OP_CLB": ("Overall score of the linking benchmark.", "(LNK + BIO({i})) / 2"),
}
_CTC_UNDEFINED = {
    "LNK": "the truth has no link",
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
    Score("IoU", "overlap", "Shared over joined foreground, pixels of all frames pooled.", "TP / (TP + FP + FN)", "Jaccard 1901; S2", "both sides are empty", over="frames", counts=_PIXELS, value=lambda s: _pixels(s).iou),
    Score("Dice", "overlap", "Shared foreground over the mean of both.", "2 TP / (2 TP + FP + FN)", "Dice 1945; S2", "both sides are empty", over="frames", counts=_PIXELS, value=lambda s: _pixels(s).dice),
    Score("precision", "overlap", "Share of the result's foreground that is true.", "TP / (TP + FP)", "S2", "the result is empty", over="frames", counts=_PIXELS, value=lambda s: _pixels(s).precision),
    Score("recall", "overlap", "Share of the true foreground that the result has.", "TP / (TP + FN)", "S2", "the truth is empty", over="frames", counts=_PIXELS, value=lambda s: _pixels(s).recall),
    Score("mAP", "instances", "Cells right over cells on either side, mean over IoU 0.50, 0.55 ... 0.95.", "mean of TP / (TP + FP + FN)", "Data Science Bowl 2018 (Caicedo et al. 2019)", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).mean_average_precision),
    Score("F1_50", "instances", "F-score of cells matched one to one at an IoU of 0.5.", "2 TP / (2 TP + FP + FN)", "Caicedo et al. 2019", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).f1(0.5)),
    Score("F1_75", "instances", "The same at an IoU of 0.75.", "2 TP / (2 TP + FP + FN)", "Caicedo et al. 2019", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).f1(0.75)),
    Score("AJI", "instances", "Aggregated Jaccard index: shared over joined area of best pairs, false cells joined in full.", "sum |R and S| / (sum |R or S| + sum |unused S|)", "Kumar et al. 2017", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).aggregated_jaccard),
    Score("PQ", "instances", "Panoptic quality: F1 at IoU 0.5 times the mean IoU of the pairs.", "sum IoU / (TP + FP / 2 + FN / 2)", "Kirillov et al. 2019", _NO_CELLS, over="frames", counts=_CELLS, value=lambda s: _cells(s).panoptic_quality),
    Score("boundary_F", "boundary", "Mean over true cells of the F-score of outline pixels within the tolerance; 0 for a missed cell.", "2 P R / (P + R)", "Csurka et al. 2013", "no true cell has an outline", over="cells", counts=("boundary_F", "n_boundary_F"), value=_mean_of("boundary_F")),
    Score("hausdorff95_px", "boundary", "Mean over found cells of the 95 % Hausdorff distance of the outlines.", "max of the 95th percentiles of both directions", "Huttenlocher et al. 1993", "no cell is found", 0.0, "px", "cells", ("hausdorff95_px", "n_hausdorff95_px"), _mean_of("hausdorff95_px")),
    Score("boundary_distance_px", "boundary", "Mean over found cells of the mean distance of the outlines.", "mean of the means of both directions", "average symmetric surface distance", "no cell is found", 0.0, "px", "cells", ("boundary_distance_px", "n_boundary_distance_px"), _mean_of("boundary_distance_px")),
    Score("thin_recall", "thin", "Share of the true skeleton's length outside the body circle that lies inside the result; lengths pooled.", "covered length / length", "podia", "no true cell reaches beyond its body circle", over="cells", counts=("thin_px", "thin_covered_px"), value=lambda s: ratio(s["thin_covered_px"], s["thin_px"])),
    Score("F", "localisation", "F-score of cells found within the cut-off, by linear assignment.", "2 TP / (2 TP + FP + FN)", "S4", _NO_CELLS, over="frames", counts=_FOUND, value=lambda s: _found(s).f_score),
    Score("localisation_precision", "localisation", "Share of detections that are a cell.", "TP / (TP + FP)", "S4", "nothing is found", over="frames", counts=_FOUND, value=lambda s: _found(s).precision),
    Score("localisation_recall", "localisation", "Share of true cells that are found.", "TP / (TP + FN)", "S4", "there is no true cell", over="frames", counts=_FOUND, value=lambda s: _found(s).recall),
    Score("mean_distance_px", "localisation", "Mean distance of right detections from the true position.", "sum of distances / TP", "S4", "nothing is found", 0.0, "px", "frames", _FOUND, lambda s: _found(s).mean_distance),
    Score("best_F", "localisation", "F-score at the threshold of the score that makes it largest; chosen on this very truth, so rather too good.", "max over thresholds of F", "S4", _NO_SCORES),
    Score("best_threshold", "localisation", "That threshold: detections from this score on.", "argmax over thresholds of F", "S4", _NO_SCORES, math.nan),
    Score("average_precision", "localisation", "Area under precision against recall over all thresholds.", "sum over thresholds of recall gained times the best precision there or beyond", "PASCAL VOC 2010 (Everingham et al. 2015)", _NO_SCORES),
    Score("tip_F", "tips", "F-score of protrusion tips found within the tips' cut-off.", "2 TP / (2 TP + FP + FN)", "S0, section 4", "there are no tips", over="frames", counts=_TIPS, value=lambda s: _tips(s).f_score),
    Score("tip_precision", "tips", "Share of found tips that are true.", "TP / (TP + FP)", "S0, section 4", "no tip is found", over="frames", counts=_TIPS, value=lambda s: _tips(s).precision),
    Score("tip_recall", "tips", "Share of true tips that are found.", "TP / (TP + FN)", "S0, section 4", "there is no true tip", over="frames", counts=_TIPS, value=lambda s: _tips(s).recall),
    Score("tip_length_bias", "tips", "Median relative error of the length of found protrusions; above 0 is too long.", "median of (found - true) / true", "podia", "no tip is found", 0.0, is_signed=True),
    Score("tip_length_spread", "tips", "Half the range from the 16th to the 84th percentile of that error.", "(q84 - q16) / 2", "podia", "no tip is found", 0.0),
    Score("tip_length_error", "tips", "Median of that error's absolute value.", "median of |found - true| / true", "podia", "no tip is found", 0.0),
    Score("tip_link_F", "tips", "F-score of steps from one frame to the next that keep a protrusion's identity.", "2 TP / (2 TP + FP + FN)", "podia", "neither side has such a step"),
    Score("neighbour_iou", "stability", "Mean IoU of a cell with itself in the next frame, moved so that the centroids agree. Needs no truth.", "|A and B| / |A or B|", "podia", "no cell is in two frames in a row"),
    Score("area_flicker", "stability", "Median over cells of the second difference of area over area. Needs no truth.", "|a(t-1) - 2 a(t) + a(t+1)| / a(t)", "podia", "no cell is in three frames in a row", 0.0),
    Score("one_frame_cells", "stability", "Share of cells that are there in one frame only. Needs no truth.", "one-frame cells / cells, first and last frame left out", "podia", "fewer than three frames, or no cells", 0.0),
    Score("one_frame_gaps", "stability", "One-frame disappearances for each cell and frame. Needs no truth.", "gaps of one frame / cells", "podia", "there are no cells", 0.0),
)  # fmt: skip
"""All scores, in the order in which they are reported."""

OF_THE_CURVE = ("best_F", "best_threshold", "average_precision")
"""Scores that only scored detections have; see :mod:`podia.evaluation.precision_recall`."""

GROUPS: tuple[Group, ...] = tuple(dict.fromkeys(score.group for score in SCORES))
SCORE_OF: Mapping[str, Score] = {score.name: score for score in SCORES}
