"""Label values as other programs store them, made 32-bit integers."""

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
"""How many times smaller than the largest a part may be to count as one."""
_MOST_CLASSES = 3
_PARTS_OF_A_CLASS = 3
HOW_TO_NUMBER = (
    "Give each cell a number of its own; in Fiji: MorphoLibJ > Binary Images > Connected Components Labeling."
)


@dataclass(frozen=True)
class _WholeNumbers:
    """Checks a frame's labels and returns them as int32; a class, so that sources can be pickled."""

    path: Path

    def __call__(self, frame: int, labels: Image) -> LabelImage:
        """Return `labels` as int32; MovieReadError where a value is no label."""
        low, high = labels.min(initial=0), labels.max(initial=0)
        # A comparison with NaN is false, so NaN fails too.
        if not (low >= 0 and high <= _LARGEST):
            raise MovieReadError(
                f"Frame {frame} (counted from 0) of the labels '{self.path}' has values from {low} to "
                f"{high}; "
                f"labels are whole numbers from 0 (background) to {_LARGEST}."
            )
        whole = labels.astype(np.int32)
        if not np.array_equal(whole, labels):
            raise MovieReadError(
                f"Frame {frame} (counted from 0) of the labels '{self.path}' has fractions; "
                f"labels are whole numbers. Is this the movie, or a probability map?"
            )
        return whole


@dataclass(frozen=True)
class LabelLook:
    """What a few frames of labels look like: how many parts each value has in each frame, by frame number.

    Of labels with more values than classes ever have, only the first frames are counted.
    """

    n_parts: Mapping[int, Mapping[int, int]]

    @property
    def values(self) -> set[int]:
        """All values but 0."""
        return {value for parts in self.n_parts.values() for value in parts}

    @property
    def foreground_frame(self) -> int | None:
        """The first frame in which one value, the only one of all, has several parts: a binary mask, not labels."""
        if len(self.values) != 1:
            return None
        return next(
            (frame for frame, parts in self.n_parts.items() if max(parts.values(), default=0) > 1), None
        )

    @property
    def class_frame(self) -> int | None:
        """The first frame in which two or three values, the only ones, have three parts each or more.

        Such as 1 for cells and 2 for their contours. A numbered cell is seldom in so many parts of like size, and two
        at once hardly ever.
        """
        if not 1 < len(self.values) <= _MOST_CLASSES:
            return None
        scattered = (
            frame
            for frame, parts in self.n_parts.items()
            if len(parts) > 1 and min(parts.values()) >= _PARTS_OF_A_CLASS
        )
        return next(scattered, None)


def look_at_labels(read: Callable[[int], LabelImage], frames: Sequence[int]) -> LabelLook:
    """Return what labels look like on a few of `frames`, evenly spread.

    A part below a tenth of the value's largest does not count: the mask of a single cell may have specks.
    """
    n_parts: dict[int, dict[int, int]] = {}
    values: set[int] = set()
    for i in np.unique(np.linspace(0, len(frames) - 1, _FRAMES_LOOKED_AT).astype(int)).tolist():
        labels = read(frames[i])
        here = [value for value in np.unique(labels).tolist() if value > 0]
        values.update(here)
        if len(values) > _MOST_CLASSES:
            n_parts[frames[i]] = dict.fromkeys(here, 1)
            break
        n_parts[frames[i]] = {value: _n_parts(labels == value) for value in here}
    return LabelLook(n_parts)


def require_numbered_cells(labels: LabelMovie, path: Path) -> None:
    """Refuse a binary mask, and an image of classes; a few frames spread over the movie are looked at.

    Raises
    ------
    MovieReadError
        If it is a mask of one value, in which all cells of a frame would be one, or one of two or three classes.
    """
    look = look_at_labels(labels.frame, range(labels.n_frames))
    frame = look.foreground_frame
    if frame is not None:
        ((value, n_parts),) = look.n_parts[frame].items()
        raise MovieReadError(
            f"'{path}' is a binary mask, not labels: {value} is its only value, and frame {frame} (counted from 0) "
            f"has {n_parts} parts. {HOW_TO_NUMBER}"
        )
    frame = look.class_frame
    if frame is not None:
        raise MovieReadError(classes_in_words(path, look, frame))


def classes_in_words(path: Path, look: LabelLook, frame: int) -> str:
    """Return why labels that hold classes are refused."""
    values = ", ".join(str(value) for value in sorted(look.values))
    return (
        f"'{path}' holds classes, not labels: {values} are its only values, and each has {_PARTS_OF_A_CLASS} parts or "
        f"more in frame {frame} (counted from 0). {HOW_TO_NUMBER}"
    )


def _n_parts(mask: NDArray[np.bool_]) -> int:
    parts, _ = ndimage.label(mask, np.ones((3, 3)))
    sizes = np.bincount(parts.ravel())[1:]
    return int(np.count_nonzero(sizes * _SPECK >= sizes.max(initial=0)))


def as_labels(source: FrameSource, path: Path) -> MappedSource:
    """Return `source` with its frames checked and as int32.

    Floats pass where they are whole numbers: Fiji's plugins save label images as 32-bit floats.

    Raises
    ------
    MovieReadError
        If pixels are complex numbers; and when a frame is read that has negative, too large or broken values.
    """
    dtype: np.dtype[Any] = source.dtype
    if dtype.kind not in "buif":
        raise MovieReadError(
            f"The labels '{path}' are of type {dtype}; labels are whole numbers of 8 to 32 bit."
        )
    return MappedSource(source, _WholeNumbers(path), np.dtype(np.int32), source.shape[1:])
