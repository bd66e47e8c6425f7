"""Cell Tracking Challenge scores of challenge folders, or of labels and lineages.

Frames are read and matched one at a time. The scores are computed with py-ctcmetrics (``ctc_metrics``), which agrees
with the official programs to the last printed digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.errors import InvalidInputError, MovieReadError, nearest_name_hint
from podia.data.movie import LabelMovie
from podia.evaluation.ctc_events import list_events
from podia.evaluation.ctc_matching import (
    FrameMatch,
    check_tracks,
    frame_offset,
    match_frame,
    tracks_by_position,
)
from podia.evaluation.ctc_measures import (
    DIVISION_TOLERANCES,
    TrackComparison,
    detection_score,
    graph_operations,
    segmentation_score,
    tracking_scores,
)
from podia.evaluation.ctc_sequence import (
    MaskSequence,
    TrackedMovie,
    sequence_from_folder,
    sequence_from_movie,
)

Side = Path | str | LabelMovie | TrackedMovie
"""A CTC folder, labels, or labels with their lineage."""

_TRACK_MEASURES = (
    "TRA",
    "LNK",
    "CT",
    "TF",
    "CCA",
    "CHOTA",
    *(f"{name}({i})" for name in ("BC", "BIO", "OP_CLB") for i in DIVISION_TOLERANCES),
)
_NEEDS = {"SEG": "s", "DET": "d", "OP_CSB": "sd", "OP_CTB": "st"} | dict.fromkeys(_TRACK_MEASURES, "t")
MEASURES = tuple(_NEEDS)
"""All measures, under the names of the challenge."""


@dataclass(frozen=True)
class CtcScores:
    """Cell Tracking Challenge scores of a result.

    Parameters
    ----------
    scores
        Measure to value, from 0 to 1 (perfect); NaN if it is undefined for the truth.
    operations
        Count of each correction (NS, FN, FP, ED, EA, EC), of true cells (``num_vertices``) and of true links
        (``num_edges``); empty if only SEG was asked for.
    events
        One row per correction; see :func:`podia.evaluation.ctc_events.list_events`.
    cells
        One row per true cell that SEG is computed on: ``frame``, ``label``, ``result_label`` (0: none), ``iou``.
    """

    scores: dict[str, float]
    operations: dict[str, int]
    events: pd.DataFrame
    cells: pd.DataFrame


def ctc_scores(truth: Side, result: Side, *, measures: Sequence[str] | None = None) -> CtcScores:
    """Return the scores of `result` against `truth`.

    Parameters
    ----------
    truth
        A folder ``NN_GT`` or ``NN_ST`` with ``SEG``, ``TRA`` or both, one of these two, a folder of masks with a track
        file, or labels. ``SEG`` may cover only some frames, and does not need ``TRA``.
    result
        A folder ``NN_RES`` of masks, with ``res_track.txt`` for tracking measures, or labels with their lineage. It
        must contain every frame of the truth; other frames are ignored.
    measures
        Some of :data:`MEASURES`. Default: all that truth and result allow.

    Raises
    ------
    InvalidInputError
        If a measure is unknown or its input is missing; if frames, shapes, or labels and track file contradict each
        other; if the truth has no cells.
    MovieReadError
        If a folder or file cannot be read.

    Examples
    --------
    >>> cells = LabelMovie.from_array(np.array([[[1, 1, 0, 2]], [[1, 1, 0, 2]]], np.int32))
    >>> ctc_scores(cells, cells).scores["SEG"]
    1.0
    """
    outlines, markers = _open_truth(truth)
    found = _open_side(result, "the result")
    wanted = _wanted_measures(measures, outlines, markers, found)
    needs = set("".join(_NEEDS[name] for name in wanted))
    offset = _offset(outlines, markers, found, needs)
    matched = _match_frames(
        outlines if "s" in needs else None, markers if needs & {"d", "t"} else None, found, offset
    )
    scores: dict[str, float] = {}
    operations: dict[str, int] = {}
    tracks = None
    if "s" in needs:
        scores["SEG"] = segmentation_score(list(matched.outlines.values()))
    if needs & {"d", "t"}:
        if "t" in needs and markers is not None:
            tracks = _compare_tracks(markers, found, offset, matched.markers)
        operations = graph_operations(list(matched.markers.values()), tracks)
        scores["DET"] = detection_score(operations)
    if tracks is not None:
        scores |= tracking_scores(tracks, operations, [n for n in wanted if _NEEDS[n] == "t"])
    scores |= _overall_scores(scores)
    events = list_events(
        list(matched.markers.values()),
        list(matched.markers),
        None if tracks is None else tracks.truth_tracks,
        None if tracks is None else tracks.result_tracks,
    )
    return CtcScores(
        {name: scores[name] for name in wanted}, operations, events, _cell_table(matched.outlines)
    )


def _open_truth(side: Side) -> tuple[MaskSequence | None, MaskSequence | None]:
    """Return the masks for SEG (outlines) and those for all other measures (markers); either may be missing."""
    if not isinstance(side, Path | str):
        sequence = _open_side(side, "the truth")
        return sequence, sequence
    folder = _existing(Path(side))
    parts = [folder / name if (folder / name).is_dir() else None for name in ("SEG", "TRA")]
    if any(part is not None for part in parts):
        outlines, markers = (None if part is None else sequence_from_folder(part) for part in parts)
        return outlines, markers
    sequence = sequence_from_folder(folder)
    if folder.name == "SEG":
        return sequence, None
    if folder.name == "TRA":  # markers are not outlines, so SEG would be meaningless
        return None, sequence
    return sequence, sequence


def _open_side(side: Side, name: str) -> MaskSequence:
    if isinstance(side, LabelMovie):
        return sequence_from_movie(TrackedMovie(side), name)
    if isinstance(side, TrackedMovie):
        return sequence_from_movie(side, name)
    return sequence_from_folder(_existing(Path(side)))


def _existing(folder: Path) -> Path:
    if not folder.is_dir():
        raise MovieReadError(
            f"'{folder}' is not a folder. Give a Cell Tracking Challenge folder such as 01_GT or 01_RES."
        )
    return folder


def _wanted_measures(
    measures: Sequence[str] | None,
    outlines: MaskSequence | None,
    markers: MaskSequence | None,
    found: MaskSequence,
) -> list[str]:
    obstacles = {}
    if outlines is None:
        obstacles["s"] = "the truth has no SEG folder"
    if markers is None:
        obstacles["d"] = obstacles["t"] = "the truth has no TRA folder"
    elif markers.tracks is None:
        obstacles["t"] = f"the truth '{markers.name}' has no tracks (man_track.txt)"
    elif found.tracks is None:
        obstacles["t"] = f"the result '{found.name}' has no tracks (res_track.txt)"
    if measures is None:
        return [name for name, needs in _NEEDS.items() if not set(needs) & set(obstacles)]
    for name in measures:
        if name not in _NEEDS:
            hint = nearest_name_hint(name, MEASURES)
            raise InvalidInputError(f"Unknown measure '{name}'.{hint} Allowed: {', '.join(MEASURES)}.")
        for need in _NEEDS[name]:
            if need in obstacles:
                raise InvalidInputError(f"{name} cannot be measured: {obstacles[need]}.")
    return list(dict.fromkeys(measures))


def _offset(
    outlines: MaskSequence | None, markers: MaskSequence | None, found: MaskSequence, needs: set[str]
) -> int:
    """Return the offset between the frame numbers of truth and result."""
    offset = 0
    if markers is not None and needs & {"d", "t"}:
        offset = frame_offset(markers, found)
    elif outlines is not None and set(outlines.numbers) <= set(found.numbers):
        return 0
    elif markers is not None:  # gold frames are sparse, so the numbering is taken from the markers
        offset = frame_offset(markers, found)
    if outlines is not None and "s" in needs:
        shifted = replace(outlines, numbers=tuple(number + offset for number in outlines.numbers))
        if frame_offset(shifted, found) != 0:
            return offset + frame_offset(shifted, found)
    return offset


@dataclass
class _Matched:
    """Matches by frame number of the truth."""

    outlines: dict[int, FrameMatch]
    markers: dict[int, FrameMatch]


def _match_frames(
    outlines: MaskSequence | None, markers: MaskSequence | None, found: MaskSequence, offset: int
) -> _Matched:
    matched = _Matched({}, {})
    pairs = ((outlines, matched.outlines), (markers, matched.markers))
    numbers = sorted({number for truth, _ in pairs if truth is not None for number in truth.numbers})
    for number in numbers:
        result = found.read(number + offset)
        if outlines is markers and outlines is not None:
            matched.outlines[number] = match_frame(outlines, number, result)
            matched.markers[number] = matched.outlines[number]
            continue
        for truth, matches in pairs:
            if truth is not None and number in truth.numbers:
                matches[number] = match_frame(truth, number, result)
    for truth, matches in pairs:
        if truth is not None and not any(match.truth_labels for match in matches.values()):
            raise InvalidInputError(
                f"The truth '{truth.name}' has no cells in any frame, so no score can be computed."
            )
    return matched


def _compare_tracks(
    markers: MaskSequence, found: MaskSequence, offset: int, matches: dict[int, FrameMatch]
) -> TrackComparison:
    numbers = list(matches)
    truth_tracks = check_tracks(markers, {n: match.truth_labels for n, match in matches.items()})
    result_tracks = check_tracks(found, {n + offset: match.result_labels for n, match in matches.items()})
    result_tracks = result_tracks - np.array([0, offset, offset, 0])
    return TrackComparison(
        list(matches.values()),
        tracks_by_position(truth_tracks, numbers),
        tracks_by_position(result_tracks, numbers),
    )


def _overall_scores(scores: dict[str, float]) -> dict[str, float]:
    from ctc_metrics.metrics import op_csb, op_ctb

    overall = {}
    if "SEG" in scores and "DET" in scores:
        overall["OP_CSB"] = float(op_csb(scores["SEG"], scores["DET"]))
    if "SEG" in scores and "TRA" in scores:
        overall["OP_CTB"] = float(op_ctb(scores["SEG"], scores["TRA"]))
    return overall


def _cell_table(matches: dict[int, FrameMatch]) -> pd.DataFrame:
    rows = []
    for number, match in matches.items():
        partners = dict(
            zip(match.matched_truth, zip(match.matched_result, match.ious, strict=True), strict=True)
        )
        rows += [(number, label, *partners.get(label, (0, 0.0))) for label in match.truth_labels]
    return pd.DataFrame(rows, columns=["frame", "label", "result_label", "iou"]).astype(
        {"frame": np.int64, "label": np.int64, "result_label": np.int64, "iou": np.float64}
    )
