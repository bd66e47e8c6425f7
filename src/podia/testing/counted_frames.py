"""A source of frames that counts how often each is read."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray


class CountedFrames:
    """Frames of an array ``(T, Y, X)``; `reads` counts how often each was read."""

    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.reads: Counter[int] = Counter()

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        t, y, x = self.array.shape
        return t, y, x

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a frame's pixels."""
        return self.array.dtype

    def read(self, frame: int) -> NDArray[Any]:
        """Return a copy of frame `frame`, and count it."""
        self.reads[frame] += 1
        return np.array(self.array[frame])
