"""Conversion of label values from other programs to 32-bit integers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.data.errors import MovieReadError
from podia.data.movie import FrameSource, Image, LabelImage, LabelMovie, MappedSource

_LARGEST = int(np.iinfo(np.int32).max)
_FRAMES_LOOKED_AT = 8
_SPECK = 10
"""Maximum ratio of the largest part to a part that counts."""
_MAX_CLASSES = 3
_PARTS_OF_A_CLASS = 3
NUMBERING_HINT = (
    "Give each cell its own number; in Fiji: MorphoLibJ > Binary Images > Connected Components Labeling."
)


@dataclass(frozen=True)
class _WholeNumbers:
    """Check of label values and conversion to int32; a class, so that sources can be pickled."""

    path: Path

    def __call__(self, frame: int, labels: Image) -> LabelImage:
        """Return `labels` as int32; raise MovieReadError if a value is not a label."""
        low, high = labels.min(initial=0), labels.max(initial=0)
        # Comparisons with NaN are false, so NaN is rejected as well.
        if not (low >= 0 and high <= _LARGEST):
            raise MovieReadError(
                f"Frame {frame} (counted from 0) of the labels '{self.path}' has values from {low} to "
                f"{high}; "
                f"labels must be integers from 0 (background) to {_LARGEST}."
            )
        whole = labels.astype(np.int32)
        if not np.array_equal(whole, labels):
            raise MovieReadError(
                f"Frame {frame} (counted from 0) of the labels '{self.path}' has non-integer values; "
                f"labels must be integers. Check that this is not the movie or a probability map."
            )
        return whole


@dataclass(frozen=True)
class LabelLook:
    """Number of connected parts of each label value in a few frames, by frame number.

    If there are more values than classes could have, only the first frames are counted.
    """

    n_parts: Mapping[int, Mapping[int, int]]

    @property
    def values(self) -> set[int]:
        """All values except 0."""
        return {value for parts in self.n_parts.values() for value in parts}

    @property
    def foreground_frame(self) -> int | None:
        """The first frame in which the only label value has several parts: a binary mask, not labels."""
        if len(self.values) != 1:
            return None
        return next(
            (frame for frame, parts in self.n_parts.items() if max(parts.values(), default=0) > 1), None
        )

    @property
    def class_frame(self) -> int | None:
        """The first frame in which the only two or three label values have at least three parts each.

        For example, 1 for cells and 2 for contours. A numbered cell rarely has that many parts of similar size, and
        two cells almost never do.
        """
        if not 1 < len(self.values) <= _MAX_CLASSES:
            return None
        scattered = (
            frame
            for frame, parts in self.n_parts.items()
            if len(parts) > 1 and min(parts.values()) >= _PARTS_OF_A_CLASS
        )
        return next(scattered, None)


def look_at_labels(read: Callable[[int], LabelImage], frames: Sequence[int]) -> LabelLook:
    """Return the part counts of a few of `frames`, evenly spaced.

    Parts smaller than a tenth of the largest one are not counted: the mask of a single cell may have specks.
    """
    n_parts: dict[int, dict[int, int]] = {}
    values: set[int] = set()
    for i in np.unique(np.linspace(0, len(frames) - 1, _FRAMES_LOOKED_AT).astype(int)).tolist():
        labels = read(frames[i])
        here = [value for value in np.unique(labels).tolist() if value > 0]
        values.update(here)
        if len(values) > _MAX_CLASSES:
            n_parts[frames[i]] = dict.fromkeys(here, 1)
            break
        n_parts[frames[i]] = {value: _n_parts(labels == value) for value in here}
    return LabelLook(n_parts)


def require_numbered_cells(labels: LabelMovie, path: Path) -> None:
    """Reject binary masks and class maps, after inspecting a few frames of the movie.

    Raises
    ------
    MovieReadError
        If there is only one value, which would merge all cells of a frame, or two or three classes.
    """
    look = look_at_labels(labels.frame, range(labels.n_frames))
    frame = look.foreground_frame
    if frame is not None:
        ((value, n_parts),) = look.n_parts[frame].items()
        raise MovieReadError(
            f"'{path}' is a binary mask, not labels: {value} is its only value, and frame {frame} (counted from 0) "
            f"has {n_parts} parts. {NUMBERING_HINT}"
        )
    frame = look.class_frame
    if frame is not None:
        raise MovieReadError(classes_in_words(path, look, frame))


def classes_in_words(path: Path, look: LabelLook, frame: int) -> str:
    """Return the error message for class maps."""
    values = ", ".join(str(value) for value in sorted(look.values))
    return (
        f"'{path}' contains classes, not labels: {values} are its only values, and each has {_PARTS_OF_A_CLASS} or "
        f"more parts in frame {frame} (counted from 0). {NUMBERING_HINT}"
    )


def _n_parts(mask: NDArray[np.bool_]) -> int:
    parts, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())[1:]
    return int(np.count_nonzero(sizes * _SPECK >= sizes.max(initial=0)))


def as_labels(source: FrameSource, path: Path) -> MappedSource:
    """Return `source` with checked frames of type int32.

    Floats with integer values are accepted: Fiji plugins save label images as 32-bit floats.

    Raises
    ------
    MovieReadError
        If pixels are complex numbers, or when a frame with negative, too large or non-integer values is read.
    """
    dtype: np.dtype[Any] = source.dtype
    if dtype.kind not in "buif":
        raise MovieReadError(
            f"The labels '{path}' are of type {dtype}; labels must be 8-bit to 32-bit integers."
        )
    return MappedSource(source, _WholeNumbers(path), np.dtype(np.int32), source.shape[1:])
