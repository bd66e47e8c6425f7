"""Cell Tracking Challenge measures of matched frames and tracks, computed with py-ctcmetrics."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from podia.evaluation.ctc_matching import FrameMatch
from podia.evaluation.ctc_sequence import TrackTable

DIVISION_TOLERANCES = (0, 1, 2, 3)
"""Tolerances of divisions in BC(i), in frames, as reported by the challenge."""

OPERATIONS = ("NS", "FN", "FP", "ED", "EA", "EC")
"""Corrections of the acyclic oriented graph matching measure; see :mod:`podia.evaluation.ctc_events`."""


@dataclass(frozen=True)
class TrackComparison:
    """Matched frames with the tracks of both sides; frame numbers are positions in `frames`."""

    frames: list[FrameMatch]
    truth_tracks: TrackTable
    result_tracks: TrackTable


def segmentation_score(frames: list[FrameMatch]) -> float:
    """Return SEG: the mean IoU of true cells with their matches, 0 for cells without a match."""
    from ctc_metrics.metrics import seg

    return float(seg([frame.truth_labels for frame in frames], [frame.ious for frame in frames]))


def graph_operations(frames: list[FrameMatch], tracks: TrackComparison | None) -> dict[str, int]:
    """Return the count of each of :data:`OPERATIONS`, of true cells (``num_vertices``) and links (``num_edges``).

    Without `tracks`, links are not compared, and ED, EA, EC and ``num_edges`` are 0.
    """
    from ctc_metrics.utils.representations import count_acyclic_graph_correction_operations

    linked = tracks is not None and len(frames) > 1  # py-ctcmetrics cannot take links within one frame
    if not any(frame.result_labels for frame in frames):
        n_links = _count_links(tracks) if tracks is not None and linked else 0
        n_cells = sum(len(frame.truth_labels) for frame in frames)
        return {"NS": 0, "FN": n_cells, "FP": 0, "ED": 0, "EA": n_links, "EC": 0} | {
            "num_vertices": n_cells,
            "num_edges": n_links,
        }
    counted = count_acyclic_graph_correction_operations(
        tracks.truth_tracks if tracks is not None and linked else None,
        tracks.result_tracks if tracks is not None and linked else None,
        [frame.truth_labels for frame in frames],
        [frame.result_labels for frame in frames],
        [frame.matched_truth for frame in frames],
        [frame.matched_result for frame in frames],
    )
    return {name: int(counted[name]) for name in (*OPERATIONS, "num_vertices", "num_edges")}


def _count_links(tracks: TrackComparison) -> int:
    frames = tracks.frames
    within = sum(
        len(set(one.truth_labels) & set(following.truth_labels)) for one, following in pairwise(frames)
    )
    return within + int(np.count_nonzero(tracks.truth_tracks[:, 3]))


def detection_score(operations: dict[str, int]) -> float:
    """Return DET."""
    from ctc_metrics.metrics import det

    return float(det(**operations))


def tracking_scores(
    tracks: TrackComparison, operations: dict[str, int], wanted: Collection[str]
) -> dict[str, float]:
    """Return TRA, LNK and other `wanted` tracking measures; NaN if a measure is undefined.

    LNK needs a link, BC(i) a division and CCA a complete cell cycle in the truth. The biological measures and CHOTA are
    much slower than TRA, so they are computed only on request.
    """
    from ctc_metrics.metrics import bio, lnk, op_clb, tra

    scores = {
        "TRA": float(tra(**operations)[0]),
        "LNK": float(lnk(**operations)) if operations["num_edges"] else math.nan,
    }
    if not set(wanted) - set(scores):
        return scores
    if len(tracks.result_tracks) == 0:
        return scores | _scores_of_an_empty_result(tracks)
    scores |= _biological_scores(tracks)
    for i in DIVISION_TOLERANCES:
        parts = (_or_none(scores[name]) for name in ("CT", "TF", f"BC({i})", "CCA"))
        scores[f"BIO({i})"] = float(bio(*parts))
        scores[f"OP_CLB({i})"] = float(op_clb(scores["LNK"], scores[f"BIO({i})"]))
    return scores | ({"CHOTA": _chota(tracks)} if "CHOTA" in wanted else {})


def _or_none(value: float) -> float | None:
    return None if math.isnan(value) else value


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _biological_scores(tracks: TrackComparison) -> dict[str, float]:
    from ctc_metrics.metrics import bc, cca, ct, raw_division_metrics, tf

    labels = [frame.truth_labels for frame in tracks.frames]
    truth = [frame.matched_truth for frame in tracks.frames]
    result = [frame.matched_result for frame in tracks.frames]
    scores = {
        "CT": float(ct(tracks.result_tracks, tracks.truth_tracks, labels, truth, result)),
        "TF": float(tf(tracks.truth_tracks, labels, truth, result)),
        "CCA": _or_nan(cca(tracks.result_tracks, tracks.truth_tracks)),
    }
    for i in DIVISION_TOLERANCES:
        counts = raw_division_metrics(tracks.result_tracks, tracks.truth_tracks, truth, result, i=i)
        scores[f"BC({i})"] = _or_nan(bc(*counts))
    return scores


def _chota(tracks: TrackComparison) -> float:
    from ctc_metrics.metrics import chota
    from ctc_metrics.utils.representations import merge_tracks

    frames = tracks.frames
    truth_tracks, *truth = merge_tracks(
        tracks.truth_tracks, [f.truth_labels for f in frames], [f.matched_truth for f in frames]
    )
    result_tracks, *result = merge_tracks(
        tracks.result_tracks, [f.result_labels for f in frames], [f.matched_result for f in frames]
    )
    # Frames without cells must remain lists of integers, which py-ctcmetrics does not preserve.
    labels = [[np.array(frame, dtype=np.int64) for frame in side[0]] for side in (truth, result)]
    matched = [[np.array(frame, dtype=np.int64) for frame in side[1]] for side in (truth, result)]
    return float(chota(truth_tracks, result_tracks, *labels, *matched)["CHOTA"])


def _scores_of_an_empty_result(tracks: TrackComparison) -> dict[str, float]:
    """Return the measures of a result without any cell, which py-ctcmetrics cannot compute: 0 if defined."""
    from ctc_metrics.metrics.biological.bc import get_ids_that_ends_with_split
    from ctc_metrics.metrics.biological.cca import is_valid_track

    has_divisions = len(get_ids_that_ends_with_split(tracks.truth_tracks)) > 0
    has_cycles = bool(is_valid_track(tracks.truth_tracks).any())
    scores = {"CT": 0.0, "TF": 0.0, "CCA": 0.0 if has_cycles else math.nan, "CHOTA": 0.0}
    for i in DIVISION_TOLERANCES:
        scores |= {f"BC({i})": 0.0 if has_divisions else math.nan, f"BIO({i})": 0.0, f"OP_CLB({i})": 0.0}
    return scores
