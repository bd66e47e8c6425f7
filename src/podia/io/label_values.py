"""Label values as other programs store them, made 32-bit integers."""

from __future__ import annotations

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


def require_numbered_cells(labels: LabelMovie, path: Path) -> None:
    """Refuse a binary mask: one value in the whole movie, and a frame in which it has several parts.

    A few frames spread over the movie are looked at. A part below a tenth of the largest does not count: the mask of a
    single cell may have specks.

    Raises
    ------
    MovieReadError
        If it is a binary mask, in which all cells of a frame would be one.
    """
    frames = np.unique(np.linspace(0, labels.n_frames - 1, _FRAMES_LOOKED_AT).astype(int)).tolist()
    values: set[int] = set()
    n_parts_of = {}
    for index in frames:
        frame = labels.frame(index)
        values |= set(np.unique(frame).tolist()) - {0}
        if len(values) > 1:
            return
        n_parts_of[index] = _n_parts(frame > 0)
    several = [index for index, n_parts in n_parts_of.items() if n_parts > 1]
    if several:
        raise MovieReadError(
            f"'{path}' is a binary mask, not labels: {min(values)} is its only value, and frame {several[0]} (counted "
            f"from 0) has {n_parts_of[several[0]]} parts. Give each cell a number of its own; in Fiji: MorphoLibJ > "
            f"Binary Images > Connected Components Labeling."
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
