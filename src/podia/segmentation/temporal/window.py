"""Label movies whose frames are corrected using the frames around them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from podia.data.movie import FrameSource, LabelImage

Repair = Callable[[Sequence[LabelImage], int], LabelImage]
"""``repair(window, position)`` returns the corrected frame at `position` of `window`, consecutive frames ``(Y, X)``."""


@dataclass(frozen=True)
class WindowedLabels:
    """Frames of another source, corrected when they are read.

    The last ``2 * reach + 1`` frames read are kept, so that reading in order reads each frame of `source` once.

    Parameters
    ----------
    source
        The original labels.
    reach
        Number of frames on either side that the correction uses; fewer at the ends of the movie.
    repair
        Returns the corrected frame; can be pickled.
    """

    source: FrameSource
    reach: int
    repair: Repair
    _recent: OrderedDict[int, LabelImage] = field(default_factory=OrderedDict, repr=False, compare=False)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the labels."""
        return np.dtype(np.int32)

    def read(self, frame: int) -> LabelImage:
        """Return the corrected labels of frame `frame`, ``(Y, X)``."""
        first, last = max(0, frame - self.reach), min(self.shape[0] - 1, frame + self.reach)
        window = [self._original(index) for index in range(first, last + 1)]
        return self.repair(window, frame - first)

    def _original(self, index: int) -> LabelImage:
        labels = self._recent.get(index)
        if labels is None:
            labels = self.source.read(index).astype(np.int32, copy=False)
            self._recent[index] = labels
            while len(self._recent) > 2 * self.reach + 1:
                self._recent.popitem(last=False)
        else:
            self._recent.move_to_end(index)
        return labels

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_recent": OrderedDict()}


def pairs_around(window: Sequence[LabelImage], position: int, max_between: int) -> list[tuple[int, int]]:
    """Return distances ``(before, after)`` to pairs of surrounding frames, nearest first.

    At most `max_between` frames lie between the two.
    """
    pairs = [
        (before, after)
        for before in range(1, position + 1)
        for after in range(1, len(window) - position)
        if before + after - 1 <= max_between
    ]
    return sorted(pairs, key=sum)
