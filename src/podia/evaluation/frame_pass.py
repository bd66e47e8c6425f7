"""Counts of all frames of a comparison, for pooled scores, tables and intervals; each frame is read once."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.data.movie import LabelImage, LabelMovie
from podia.data.progress import Progress
from podia.evaluation.config import EvaluationConfig
from podia.evaluation.ctc_matching import frame_offset, match_labels
from podia.evaluation.ctc_sequence import MaskSequence
from podia.evaluation.frames import cell_rows, localisation_row, overlap_row
from podia.evaluation.inputs import EvaluationInput
from podia.evaluation.localisation import lie_in
from podia.evaluation.positions import by_frame, centroids, scores_by_frame
from podia.evaluation.precision_recall import ScoredFrame
from podia.evaluation.scores import Group

ON_OUTLINES: frozenset[Group] = frozenset({"overlap", "instances", "boundary", "thin", "tips"})
"""Groups that need masks of whole cells; tips need them only to assign tips to cells."""


def count_frames(
    truth: EvaluationInput,
    result: EvaluationInput,
    groups: Collection[Group],
    config: EvaluationConfig,
    *,
    unlabelled: LabelMovie | None,
    progress: Progress,
) -> tuple[pd.DataFrame, pd.DataFrame, list[ScoredFrame]]:
    """Return one row per frame of the truth (counts) and one row per true cell; one frame is in memory at a time.

    Also return scored detections, frame by frame; an empty list if there are none.

    Raises
    ------
    InvalidInputError
        If frames are missing, differ in shape, or the truth has no cells.
    """
    plan = _plan(truth, result, groups)
    _check_unlabelled(unlabelled, len(plan.numbers))
    frames: list[dict[str, float]] = []
    cells: list[dict[str, float]] = []
    scored: list[ScoredFrame] = []
    for index, number in enumerate(plan.numbers):
        outlines, markers = plan.read_truth(number)
        image = plan.read_result(number)
        row: dict[str, float] = {"frame": number}
        if outlines is not None and image is not None:
            _require_same_shape(number, truth, outlines, image)
            row |= overlap_row(outlines, image, groups)
            rows = cell_rows(outlines, image, match_labels(outlines, image), groups, config.tolerance.in_px())
            cells += [{"frame": number, **cell} for cell in rows]
        if "localisation" in groups and plan.locates(number):
            true_places = plan.truth_places(number, markers)
            found_places = plan.result_places(number, image)
            region = _region(unlabelled, index)
            row |= localisation_row(true_places, found_places, config.cut_off.in_px(), region)
            if plan.found_scores is not None:
                scores = plan.found_scores.get(number, np.empty(0))
                scored.append(ScoredFrame(true_places, found_places, scores, lie_in(found_places, region)))
        frames.append(row)
        progress("evaluate", index + 1, len(plan.numbers))
    table, cell_table = pd.DataFrame(frames), pd.DataFrame(cells)
    _require_truth(truth, groups, table, cell_table)
    return table, cell_table, scored


def pair_reader(
    truth: EvaluationInput, result: EvaluationInput
) -> Callable[[int], tuple[LabelImage, LabelImage, int]]:
    """Return a function that reads true masks, result masks and index in the result for a frame of the truth."""
    plan = _plan(truth, result, ["overlap"])

    def read(number: int) -> tuple[LabelImage, LabelImage, int]:
        outlines, _ = plan.read_truth(number)
        image = plan.read_result(number)
        if outlines is None or image is None or plan.found is None:
            raise InvalidInputError(f"Frame {number} has no masks of whole cells on both sides.")
        return outlines, image, plan.found.numbers.index(number + plan.offset)

    return read


@dataclass(frozen=True)
class _Plan:
    """Frames to read on each side; `offset` converts frame numbers of the truth to those of the result."""

    numbers: list[int]
    outlines: MaskSequence | None
    markers: MaskSequence | None
    found: MaskSequence | None
    true_positions: dict[int, NDArray[np.float64]] | None
    found_positions: dict[int, NDArray[np.float64]] | None
    found_scores: dict[int, NDArray[np.float64]] | None
    offset: int

    def read_truth(self, number: int) -> tuple[LabelImage | None, LabelImage | None]:
        """Return outlines and markers, each None if the frame has none; if they are the same, they are read once."""
        outlines = self.outlines.read(number) if self.outlines and number in self.outlines.numbers else None
        if self.markers is None or number not in self.markers.numbers:
            return outlines, None
        if self.markers is self.outlines:
            return outlines, outlines
        return outlines, self.markers.read(number)

    def read_result(self, number: int) -> LabelImage | None:
        """Return the labels of the result for a frame of the truth."""
        return None if self.found is None else self.found.read(number + self.offset)

    def locates(self, number: int) -> bool:
        """Return whether the truth has the positions of the cells in a frame."""
        return self.true_positions is not None or (
            self.markers is not None and number in self.markers.numbers
        )

    def truth_places(self, number: int, markers: LabelImage | None) -> NDArray[np.float64]:
        """Return true positions ``(N, 2)``."""
        return _places(self.true_positions, number, markers)

    def result_places(self, number: int, image: LabelImage | None) -> NDArray[np.float64]:
        """Return detections ``(M, 2)``."""
        return _places(self.found_positions, number, image)


def _places(
    positions: dict[int, NDArray[np.float64]] | None, number: int, image: LabelImage | None
) -> NDArray[np.float64]:
    if positions is not None:
        return positions.get(number, np.empty((0, 2)))
    return np.empty((0, 2)) if image is None else centroids(image)


def _plan(truth: EvaluationInput, result: EvaluationInput, groups: Collection[Group]) -> _Plan:
    localises = "localisation" in groups
    true_positions = by_frame(truth.positions) if truth.positions is not None else None
    found_positions = by_frame(result.positions) if result.positions is not None else None
    outlines = truth.outlines if ON_OUTLINES & set(groups) else None
    markers = (truth.markers or truth.outlines) if localises and true_positions is None else None
    found = (result.outlines or result.markers) if found_positions is None else None
    numbers = set(true_positions or ())
    for sequence in (outlines, markers):
        numbers |= set(sequence.numbers) if sequence is not None else set()
    scores = None if result.positions is None else scores_by_frame(result.positions)
    plan = _Plan(sorted(numbers), outlines, markers, found, true_positions, found_positions, scores, 0)
    if found is not None:
        return replace(plan, offset=_offset(plan, truth, found))
    if found_positions is not None and not numbers & set(found_positions):
        raise InvalidInputError(
            f"'{truth.name}' has the frames {min(numbers)} to {max(numbers)}, '{result.name}' "
            f"{min(found_positions)} to {max(found_positions)}: none in common. Number both from the same frame."
        )
    return plan


def _offset(plan: _Plan, truth: EvaluationInput, found: MaskSequence) -> int:
    if plan.true_positions is not None:
        missing = sorted(set(plan.true_positions) - set(found.numbers))
        if missing:
            raise InvalidInputError(
                f"'{truth.name}' has frame {missing[0]}, '{found.name}' only {found.numbers[0]} to "
                f"{found.numbers[-1]}. Number both from the same frame."
            )
        return 0
    # Gold frames are sparse, so the numbering is taken from the markers if there are any.
    reference = truth.markers or plan.outlines
    if reference is None:
        return 0
    if (
        plan.outlines is not None
        and set(plan.outlines.numbers) <= set(found.numbers)
        and plan.markers is None
    ):
        return 0
    return frame_offset(reference, found)


def _check_unlabelled(unlabelled: LabelMovie | None, n_frames: int) -> None:
    if unlabelled is not None and unlabelled.n_frames not in (1, n_frames):
        raise InvalidInputError(
            f"The unlabelled regions '{unlabelled.name}' have {unlabelled.n_frames} frames. Give one frame for all, or "
            f"one for each of the {n_frames} frames of the truth."
        )


def _region(unlabelled: LabelMovie | None, index: int) -> NDArray[np.bool_] | None:
    if unlabelled is None:
        return None
    return np.asarray(unlabelled.frame(index if unlabelled.n_frames > 1 else 0) > 0)


def _require_same_shape(number: int, truth: EvaluationInput, true: LabelImage, found: LabelImage) -> None:
    if true.shape != found.shape:
        raise InvalidInputError(
            f"Frame {number}: the truth '{truth.name}' is {true.shape[0]} x {true.shape[1]} px, the result "
            f"{found.shape[0]} x {found.shape[1]} px. Both must be the same field."
        )


def _require_truth(
    truth: EvaluationInput, groups: Collection[Group], frames: pd.DataFrame, cells: pd.DataFrame
) -> None:
    without_cells = bool(ON_OUTLINES & set(groups)) and cells.empty
    without_places = "found_tp" in frames.columns and not (frames["found_tp"] + frames["found_fn"]).any()
    if without_cells or without_places:
        raise InvalidInputError(
            f"The truth '{truth.name}' has no cells in any frame, so no score can be computed."
        )
