"""Label values as other programs store them, made 32-bit integers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from podia.data.errors import MovieReadError
from podia.data.movie import FrameSource, Image, LabelImage, MappedSource

_LARGEST = int(np.iinfo(np.int32).max)


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
