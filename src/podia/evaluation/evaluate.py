"""Truth and result in, scores with their intervals out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.data.movie import LabelImage, LabelMovie
from podia.data.progress import Progress, silent
from podia.evaluation.bootstrap import Interval
from podia.evaluation.config import EvaluationConfig
from podia.evaluation.ctc import CtcScores, ctc_scores
from podia.evaluation.ctc_events import EVENT_COLUMNS
from podia.evaluation.ctc_matching import match_labels
from podia.evaluation.frames import cell_rows, localisation_row, overlap_row
from podia.evaluation.inputs import EvaluationInput, Source, open_input
from podia.evaluation.intervals import score_intervals
from podia.evaluation.pairing import FramePair, frame_pairs
from podia.evaluation.positions import by_frame, centroids
from podia.evaluation.scores import SCORE_OF, SCORES, Group
from podia.evaluation.selection import is_wanted, select_scores
from podia.evaluation.stability import stability
from podia.evaluation.tip_tables import score_tips
from podia.evaluation.tips import TipScores
from podia.io.read import read_labels

_CELL_COLUMNS = ["frame", "label", "result_label", "iou"]


@dataclass(frozen=True)
class Evaluation:
    """How well a result agrees with the truth.

    Parameters
    ----------
    truth, result
        What was compared; `truth` is empty for stability alone.
    measures
        Groups that were measured.
    config
        Tolerances in px, and the seed.
    scores
        Every key of :data:`podia.evaluation.scores.SCORES`, in that order; NaN where it was not measured, or where
        it has no meaning.
    intervals
        95 % bootstrap intervals of the scores that have one: over cells or frames, as the declaration says. Cells
        of one movie are alike: for a claim about movies use :func:`podia.evaluation.intervals.pool_movies`.
    counts
        What pooled scores are made of: ``pixels``, ``localisation``, ``tips``, and the challenge's ``operations``.
    frames
        A row a frame of the truth, with counts and scores.
    cells
        A row a true cell and frame: ``frame``, ``label``, ``result_label`` (0: none), ``iou``, and what else was
        measured per cell.
    events
        A row a correction, as :mod:`podia.evaluation.ctc_events` defines them.
    """

    truth: str
    result: str
    measures: tuple[Group, ...]
    config: EvaluationConfig
    scores: Mapping[str, float]
    intervals: Mapping[str, Interval]
    counts: Mapping[str, Mapping[str, int]]
    frames: pd.DataFrame
    cells: pd.DataFrame
    events: pd.DataFrame

    def as_dict(self) -> dict[str, Any]:
        """Return scores under their keys, None for NaN, with ``intervals``, ``counts`` and what was compared."""
        return {
            **{name: _or_none(value) for name, value in self.scores.items()},
            "intervals": {name: [_or_none(i.low), _or_none(i.high)] for name, i in self.intervals.items()},
            "counts": {name: dict(counts) for name, counts in self.counts.items()},
            "measures": list(self.measures),
            "truth": self.truth or None,
            "result": self.result,
            "settings": self.config.model_dump(),
        }


@dataclass
class _Gathered:
    """What the measures have found so far."""

    scores: dict[str, float] = field(default_factory=dict)
    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    frames: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"frame": pd.Series([], dtype=np.int64)}))
    cells: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=_CELL_COLUMNS))
    events: pd.DataFrame = field(default_factory=lambda: pd.DataFrame(columns=EVENT_COLUMNS))


def evaluate(
    truth: Source | None,
    result: Source,
    config: EvaluationConfig | None = None,
    *,
    measures: Sequence[str] | None = None,
    unlabelled: LabelMovie | None = None,
    progress: Progress = silent,
) -> Evaluation:
    """Return the scores of `result` against `truth`.

    Frames are read one at a time: once for the challenge's measures, once for all others, once for stability.

    Parameters
    ----------
    truth
        A Cell Tracking Challenge folder (``01_GT``, ``01_ST``), labels (file, folder or object), a CSV or table of
        centroids, an analysis folder, or a folder of ``podia simulate``. None for stability alone.
    result
        The same kinds, and ``01_RES``. Frames that the truth does not have are left out where the truth
        is a challenge folder or a table; else both must have the same number of frames.
    config
        Tolerances and seed.
    measures
        Groups (``ctc``, ``overlap``, ``instances``, ``boundary``, ``thin``, ``localisation``, ``tips``,
        ``stability``) or single scores (``SEG``); all that the two allow by default. Stability needs values that are
        track ids; asked for by name, labels of unknown origin are taken to be that.
    unlabelled
        Not zero where nobody annotated, a frame for each of the truth's or one for all: localisation does not
        count detections there that fit no true position.
    progress
        Told of frames done.

    Raises
    ------
    InvalidInputError
        If frames, shapes, or tracks and masks contradict each other, the truth is empty, or a measure is unknown
        or cannot be had from these inputs.
    MovieReadError
        If an input cannot be read or is of no kind that podia knows.

    Examples
    --------
    >>> cells = LabelMovie.from_array(np.array([[[1, 1, 0, 2]], [[1, 1, 0, 2]]], np.int32))
    >>> evaluate(cells, cells, measures=["SEG", "Dice"]).scores["Dice"]
    1.0
    """
    config = config or EvaluationConfig()
    found = open_input(result, "result")
    true = None if truth is None else open_input(truth, "truth")
    selection = select_scores(true, found, measures)
    config = config.in_pixels(*(side.calibration for side in (true, found) if side is not None))
    gathered = _Gathered()
    if true is not None:
        if "ctc" in selection:
            _add_ctc(gathered, true, found, selection["ctc"])
        _add_frames(gathered, true, found, selection, config, unlabelled, progress)
        if "tips" in selection:
            _add_tips(gathered, true, found, config)
    if "stability" in selection and found.labels is not None:
        labels = found.labels if isinstance(found.labels, LabelMovie) else read_labels(found.labels)
        gathered.scores |= vars(stability(labels))
    scores = {
        score.name: gathered.scores.get(score.name, math.nan) if is_wanted(score.name, selection) else math.nan
        for score in SCORES
    }
    return Evaluation(
        truth="" if true is None else true.name,
        result=found.name,
        measures=tuple(selection),
        config=config,
        scores=scores,
        intervals=score_intervals(scores, gathered.cells, gathered.frames, seed=config.seed),
        counts=gathered.counts,
        frames=gathered.frames,
        cells=gathered.cells,
        events=gathered.events,
    )


def _add_ctc(
    gathered: _Gathered, truth: EvaluationInput, result: EvaluationInput, names: tuple[str, ...] | None
) -> None:
    if truth.ctc is None or result.ctc is None:
        return
    _require_equal_length(truth, result)
    found: CtcScores = ctc_scores(truth.ctc, result.ctc, measures=names)
    gathered.scores |= found.scores
    gathered.counts["operations"] = found.operations
    gathered.events = found.events
    gathered.cells = found.cells


def _require_equal_length(truth: EvaluationInput, result: EvaluationInput) -> None:
    if not truth.every_frame or truth.markers is None or result.markers is None:
        return
    lengths = len(truth.markers.numbers), len(result.markers.numbers)
    if lengths[0] != lengths[1]:
        raise InvalidInputError(
            f"The truth '{truth.name}' has {lengths[0]} frames, the result '{result.name}' {lengths[1]}. "
            f"Both must be of the same movie."
        )


def _add_frames(
    gathered: _Gathered,
    truth: EvaluationInput,
    result: EvaluationInput,
    selection: Mapping[Group, tuple[str, ...] | None],
    config: EvaluationConfig,
    unlabelled: LabelMovie | None,
    progress: Progress,
) -> None:
    """Go through the frames once for all that is counted frame by frame."""
    _require_equal_length(truth, result)
    groups = set(selection) & {"overlap", "instances", "boundary", "thin", "localisation"}
    if "tips" in selection and truth.outlines is not None and result.outlines is not None:
        groups.add("tips")  # only to know which cell a tip is on
    if not groups:
        return
    places = {id(side): by_frame(side.positions) for side in (truth, result) if side.positions is not None}
    pairs = frame_pairs(truth, result, with_markers="localisation" in groups, with_outlines=groups != {"localisation"})
    frames: list[dict[str, float]] = []
    cells: list[dict[str, float]] = []
    for index, pair in enumerate(pairs):
        row: dict[str, float] = {"frame": pair.number}
        if pair.outlines is not None and pair.result is not None and groups - {"localisation"}:
            match = match_labels(pair.outlines, pair.result)
            row |= overlap_row(pair.outlines, pair.result, groups)
            found = cell_rows(pair.outlines, pair.result, match, groups, config.tolerance_px)
            cells += [{"frame": pair.number, **cell} for cell in found]
        if "localisation" in groups:
            row |= localisation_row(
                _positions(places.get(id(truth)), pair.number, pair.markers),
                _positions(places.get(id(result)), pair.result_number, pair.result),
                config.cut_off_px,
                _unlabelled_region(unlabelled, index, pairs.n_frames),
            )
        frames.append(row)
        progress("evaluate", index + 1, pairs.n_frames)
    gathered.frames = pd.DataFrame(frames)
    if cells:
        gathered.cells = pd.DataFrame(cells)
    elif groups & {"overlap", "instances", "boundary", "thin"}:
        raise InvalidInputError(f"The truth '{truth.name}' has no cells in any frame: there is nothing to measure on.")
    _pool(gathered)
