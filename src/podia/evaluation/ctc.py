"""Scores of the Cell Tracking Challenge, from its folders or from podia's own labels and lineages.

Frames are read and matched one at a time; the scores themselves are py-ctcmetrics' (``ctc_metrics``), which agrees
with the official programs to the last printed digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.errors import InvalidInputError, MovieReadError, nearest_name_hint
from podia.data.movie import LabelMovie
from podia.evaluation.ctc_events import list_events
from podia.evaluation.ctc_matching import FrameMatch, check_tracks, frame_offset, match_pair, tracks_by_position
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
"""Every measure, under the name that the challenge gives it."""


@dataclass(frozen=True)
class CtcScores:
    """How well a result agrees with the truth.

    Parameters
    ----------
    scores
        Measure to value, 0 (nothing right) to 1 (perfect); NaN where the truth has nothing to measure it on.
    operations
        Count of each correction (NS, FN, FP, ED, EA, EC), of true cells (``num_vertices``) and of true links
        (``num_edges``); empty if only SEG was asked for.
    events
        A row a correction; see :func:`podia.evaluation.ctc_events.list_events`.
    cells
        A row a true cell that SEG is measured on: ``frame``, ``label``, ``result_label`` (0: none), ``iou``.
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
        A folder ``NN_GT`` or ``NN_ST`` with ``SEG`` or ``TRA`` or both, one of these two, a folder of masks with a
        track file, or podia's labels. Gold frames may be few; ``SEG`` needs no ``TRA`` beside it.
    result
        A folder ``NN_RES`` of masks, with ``res_track.txt`` for measures of tracks; or podia's labels with
        their lineage. It must have every frame of the truth; frames that the truth lacks are left out.
    measures
        Some of :data:`MEASURES`; all that truth and result allow by default.

    Raises
    ------
    InvalidInputError
        If a measure is unknown or what it needs is missing; if frames, shapes, or labels and track file
        contradict each other; if the truth has no cells.
    MovieReadError
        If a folder or file cannot be read.

    Examples
    --------
    >>> cells = LabelMovie.from_array(np.array([[[1, 1, 0, 2]], [[1, 1, 0, 2]]], np.int32))
    >>> ctc_scores(cells, cells).scores["SEG"]
    1.0
    """
    outlines, markers = _open_truth(truth)
    found = _open_result(result)
    wanted = _wanted_measures(measures, outlines, markers, found)
    needs = set("".join(_NEEDS[name] for name in wanted))
    if "s" not in needs:
        outlines = None
    linked = "t" in needs
    compared = markers if needs & {"d", "t"} else None
    offset = _offset(outlines, compared, markers, found)
    frames, labels = _match_frames(outlines, compared, found, offset)
    scores: dict[str, float] = {}
    operations: dict[str, int] = {}
    events = list_events([], [], None, None)
    if outlines is not None:
        scores["SEG"] = segmentation_score(frames["outlines"])
    if compared is not None:
        tracks = _compare_tracks(compared, found, offset, frames["markers"], labels) if linked else None
        operations = graph_operations(frames["markers"], tracks)
        scores["DET"] = detection_score(operations)
        if tracks is not None:
            scores |= tracking_scores(tracks, operations)
