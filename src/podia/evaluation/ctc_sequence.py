"""Masks and tracks of one side of a Cell Tracking Challenge comparison, from a folder or from labels."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError, MovieReadError
from podia.data.lineage import Lineage
from podia.data.movie import Image, LabelImage, LabelMovie
from podia.io.label_background import require_zero_background
from podia.io.tiff.open import open_tiff
from podia.io.tracks.ctc_tracks import Segment, read_segments, split_at_gaps

TrackTable = NDArray[np.int64]
"""``(N, 4)``: label, first frame, last frame, label of the parent (0: none)."""

TRACK_FILES = ("man_track.txt", "res_track.txt")
_FRAME_FILE = re.compile(r"(\d+)\.tiff?$", re.IGNORECASE)
_SLICE_FILE = re.compile(r"\d+_\d+\.tiff?$", re.IGNORECASE)


@dataclass(frozen=True)
class TrackedMovie:
    """Labels with their lineage; without a lineage, only SEG and DET are meaningful.

    Parameters
    ----------
    frame_numbers
        The number of each frame in the numbering of the other side. Default: 0, 1, 2 ...
    """

    labels: LabelMovie
    lineage: Lineage | None = None
    frame_numbers: Sequence[int] | None = None


@dataclass(frozen=True)
class MaskSequence:
    """Masks by frame number, read one at a time, and the tracks of their labels.

    Parameters
    ----------
    name
        Name in error messages.
    numbers
        Frame numbers, ascending.
    read
        Returns the labels ``(Y, X)`` of the frame with a number.
    tracks
        In frame numbers; ``None`` without tracking information.
    """

    name: str
    numbers: tuple[int, ...]
    read: Callable[[int], LabelImage]
    tracks: TrackTable | None


def sequence_from_folder(folder: Path) -> MaskSequence:
    """Return the masks ``*NNN.tif`` of `folder`, with its ``man_track.txt`` or ``res_track.txt``.

    Numbers may start anywhere, have any number of digits, and skip frames.

    Raises
    ------
    MovieReadError
        If there are no masks, two masks have the same number, masks are slices of a volume, their background is not 0,
        or the track file is invalid.
    """
    paths: dict[int, Path] = {}
    for path in sorted(folder.iterdir()):
        match = _FRAME_FILE.search(path.name)
        if match is None:
            continue
        if _SLICE_FILE.search(path.name):
            raise MovieReadError(f"'{path}' is a slice of a volume; podia compares 2-D masks only.")
        number = int(match[1])
        if number in paths:
            raise MovieReadError(
                f"'{paths[number].name}' and '{path.name}' in '{folder}' are both frame {number}."
            )
        paths[number] = path
    if not paths:
        raise MovieReadError(
            f"'{folder}' has no masks. Their names must be like mask000.tif or man_seg000.tif."
        )
    track_file = next((folder / name for name in TRACK_FILES if (folder / name).is_file()), None)
    tracks = None if track_file is None else _track_table(read_segments(track_file))
    numbers, read = tuple(sorted(paths)), partial(_read_mask, paths)
    require_zero_background(read, numbers, folder)
    if track_file is not None and tracks is not None and len(tracks) and tracks[:, 2].max() > numbers[-1]:
        warnings.warn(
            f"'{track_file}' lists tracks up to frame {tracks[:, 2].max()}, but the last mask is frame {numbers[-1]}. "
            f"What is listed after it is not scored.",
            UserWarning,
            stacklevel=3,
        )
    return MaskSequence(str(folder), numbers, read, tracks)


def _read_mask(paths: Mapping[int, Path], number: int) -> LabelImage:
    source = open_tiff(paths[number], is_labels=True).source
    if source.shape[0] != 1:
        raise InvalidInputError(
            f"'{paths[number]}' contains {source.shape[0]} images; a mask file must contain one, (Y, X)."
        )
    return as_labels(source.read(0), str(paths[number]))


def as_labels(image: Image, name: str) -> LabelImage:
    """Return `image` as 32-bit labels; raise InvalidInputError unless they are non-negative integers."""
    if not (np.issubdtype(image.dtype, np.integer) or image.dtype == np.bool_):
        raise InvalidInputError(
            f"'{name}' has type {image.dtype}; labels must be integers. Save it as 16-bit or 32-bit integers."
        )
    if int(image.min()) < 0:
        raise InvalidInputError(
            f"'{name}' has the label {int(image.min())}; labels must be 0 (background) or positive."
        )
    return image.astype(np.int32, copy=False)


def sequence_from_movie(movie: TrackedMovie, name: str) -> MaskSequence:
    """Return labels by the CTC rules: values are tracks, and a gap ends one track and starts another.

    Cells that are not in the lineage are omitted, as in all outputs of podia.
    """
    n_frames = movie.labels.n_frames
    numbers = tuple(range(n_frames)) if movie.frame_numbers is None else tuple(movie.frame_numbers)
    if len(numbers) != n_frames or list(numbers) != sorted(set(numbers)):
        raise InvalidInputError(
            f"Frame numbers of {name} must be {n_frames} ascending numbers, one per frame; found {len(numbers)}."
        )
    index_of = {number: index for index, number in enumerate(numbers)}
    if movie.lineage is None:
        return MaskSequence(name, numbers, partial(_read_frame, movie.labels, index_of, name), None)
    if len(movie.lineage.nodes) and int(movie.lineage.nodes["frame"].max()) >= n_frames:
        raise InvalidInputError(
            f"The lineage of {name} reaches frame {int(movie.lineage.nodes['frame'].max())}, "
            f"but its labels have only {n_frames} frames."
        )
    segments, segment_of = split_at_gaps(movie.lineage)
    mapping: dict[int, dict[int, int]] = {}
    for frame, label, track_id in movie.lineage.nodes[["frame", "label", "track_id"]].to_numpy().astype(int):
        mapping.setdefault(numbers[frame], {})[int(label)] = segment_of[int(frame), int(track_id)]
    read = partial(_read_recoloured, movie.labels, index_of, mapping, name)
    return MaskSequence(name, numbers, read, _track_table(segments, numbers))


def _read_frame(labels: LabelMovie, index_of: Mapping[int, int], name: str, number: int) -> LabelImage:
    return as_labels(labels.frame(index_of[number]), f"{name}, frame {number}")


def _read_recoloured(
    labels: LabelMovie,
    index_of: Mapping[int, int],
    labels_to_tracks: Mapping[int, Mapping[int, int]],
    name: str,
    number: int,
) -> LabelImage:
    image = _read_frame(labels, index_of, name, number)
    mapping = labels_to_tracks.get(number, {})
    table = np.zeros(max(int(image.max(initial=0)), max(mapping, default=0)) + 1, np.int32)
    for label, track in mapping.items():
        table[label] = track
    recoloured: LabelImage = table[image]
    return recoloured


def _track_table(segments: Sequence[Segment], numbers: Sequence[int] | None = None) -> TrackTable:
    rows = [(s.label, s.first, s.last, s.parent) for s in segments]
    table = np.array(rows, dtype=np.int64).reshape(-1, 4)
    if numbers is not None and len(table):
        table[:, 1:3] = np.asarray(numbers)[table[:, 1:3]]
    return table
