"""A source of frames that counts how often each is read."""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np
from numpy.typing import NDArray


class CountedFrames:
    def __init__(self, array: NDArray[Any]) -> None:
        self.array = array
        self.reads: Counter[int] = Counter()

    @property
    def shape(self) -> tuple[int, int, int]:
        t, y, x = self.array.shape
        return t, y, x

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.array.dtype

    def read(self, frame: int) -> NDArray[Any]:
        self.reads[frame] += 1
        return self.array[frame].copy()
