"""Matching of result cells to true cells, frame by frame, by the rule of the Cell Tracking Challenge.

A result cell matches a true cell if it covers more than half of it (Matula et al., PLoS ONE 2015). A true cell
therefore has at most one match, while a result cell may match several true cells.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np

from podia.data.errors import InvalidInputError
from podia.data.movie import LabelImage
from podia.evaluation.ctc_sequence import MaskSequence, TrackTable
from podia.evaluation.overlap import index_labels


@dataclass(frozen=True)
class FrameMatch:
    """The labels of one frame on both sides, and the matches between them with their IoU."""

    truth_labels: list[int]
    result_labels: list[int]
    matched_truth: list[int]
    matched_result: list[int]
    ious: list[float]


def match_labels(truth: LabelImage, result: LabelImage) -> FrameMatch:
    """Return the matches between two label images ``(Y, X)``.

    Examples
    --------
    >>> truth = np.array([[1, 1, 1, 0]], np.int32)
    >>> match_labels(truth, np.array([[0, 7, 7, 7]], np.int32)).ious
    [0.5]
    """
    truth_labels, truth_indices = index_labels(truth)
    result_labels, result_indices = index_labels(result)
    shape = len(truth_labels), len(result_labels)
    pairs = truth_indices * shape[1] + result_indices
    overlaps = np.bincount(pairs, minlength=shape[0] * shape[1]).reshape(shape)
    truth_areas, result_areas = overlaps.sum(axis=1, keepdims=True), overlaps.sum(axis=0, keepdims=True)
    matched = (2 * overlaps > truth_areas) & (truth_labels[:, None] > 0) & (result_labels > 0)
    rows, columns = np.nonzero(matched)
    ious = overlaps / (truth_areas + result_areas - overlaps)
    return FrameMatch(
        truth_labels[truth_labels > 0].tolist(),
        result_labels[result_labels > 0].tolist(),
        truth_labels[rows].tolist(),
        result_labels[columns].tolist(),
        ious[rows, columns].tolist(),
    )


def frame_offset(truth: MaskSequence, result: MaskSequence) -> int:
    """Return the offset to add to a frame number of the truth to get that of the result.

    It is 0 if the result has all frame numbers of the truth. Otherwise, if both are contiguous and equally long, frames
    are matched in order, as the programs of the challenge do. The user is warned if the result has frames before or
    after those of a truth without gaps.

    Raises
    ------
    InvalidInputError
        In all other cases, in which frames of the truth would be ignored silently.
    """
    missing = sorted(set(truth.numbers) - set(result.numbers))
    if not missing:
        extra = sorted(set(result.numbers) - set(truth.numbers))
        if extra and len(truth.numbers) > 1 and _unbroken(truth.numbers):
            warnings.warn(
                f"'{result.name}' has {len(extra)} frames that '{truth.name}' does not have (the first: {extra[0]}). "
                f"They are not scored.",
                UserWarning,
                stacklevel=3,
            )
        return 0
    if len(truth.numbers) == len(result.numbers) and _unbroken(truth.numbers) and _unbroken(result.numbers):
        return result.numbers[0] - truth.numbers[0]
    raise InvalidInputError(
        f"'{result.name}' lacks {len(missing)} of the {len(truth.numbers)} frames of '{truth.name}' "
        f"(the first: {missing[0]}); it has {len(result.numbers)}, numbered {result.numbers[0]} to "
        f"{result.numbers[-1]}. Give a mask for every frame of the truth, under the same numbers."
    )


def _unbroken(numbers: tuple[int, ...]) -> bool:
    return numbers[-1] - numbers[0] + 1 == len(numbers)


def match_frame(truth: MaskSequence, number: int, result: LabelImage) -> FrameMatch:
    """Return the matches in frame `number` of the truth; raise InvalidInputError if the masks differ in shape."""
    labels = truth.read(number)
    if labels.shape != result.shape:
        raise InvalidInputError(
            f"Frame {number}: the truth '{truth.name}' is {labels.shape[0]} x {labels.shape[1]} px, "
            f"the result {result.shape[0]} x {result.shape[1]} px. Both must be the same field."
        )
    return match_labels(labels, result)


def check_tracks(sequence: MaskSequence, labels_by_number: dict[int, list[int]]) -> TrackTable:
    """Return the tracks of `sequence`; raise InvalidInputError with the first contradiction to its masks."""
    tracks = sequence.tracks
    if tracks is None:
        raise InvalidInputError(f"'{sequence.name}' has no tracks (no man_track.txt or res_track.txt).")
    for number, labels in labels_by_number.items():
        alive = tracks[(tracks[:, 1] <= number) & (number <= tracks[:, 2]), 0]
        unlisted, absent = np.setdiff1d(labels, alive), np.setdiff1d(alive, labels)
        if len(unlisted):
            raise InvalidInputError(
                f"Frame {number} of '{sequence.name}' has the label {unlisted[0]}, "
                f"but none of its tracks includes that frame."
            )
        if len(absent):
            raise InvalidInputError(
                f"The tracks of '{sequence.name}' have {absent[0]} in frame {number}, "
                f"but its mask has no such label. Write a track with a gap as two, the first as parent of the second."
            )
    return tracks


def tracks_by_position(tracks: TrackTable, numbers: list[int]) -> TrackTable:
    """Return `tracks` with frame numbers replaced by positions in `numbers`, without tracks outside of them."""
    positions = np.asarray(numbers)
    moved = tracks.copy()
    moved[:, 1] = np.searchsorted(positions, tracks[:, 1], side="left")
    moved[:, 2] = np.searchsorted(positions, tracks[:, 2], side="right") - 1
    moved = moved[moved[:, 1] <= moved[:, 2]]
    moved[~np.isin(moved[:, 3], moved[:, 0]), 3] = 0
    return moved
