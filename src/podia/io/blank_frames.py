"""Detection of blank frames: missing files, lost chunks, black or saturated pages.

A blank frame is a time point without data. It is replaced by the previous frame for drift, grey range and the recurrent
state of networks, and is marked as blank, so that it is not segmented.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from podia.data.movie import FrameSource, Image

_SATURATED = 0.99
"""Fraction of pixels at the maximum grey value above which a frame counts as saturated."""
_CAMERA_BITS = (8, 10, 12, 14, 16)


def holds_no_picture(image: Image) -> bool:
    """Return whether a frame ``(Y, X)`` has a single grey value or is saturated.

    Examples
    --------
    >>> holds_no_picture(np.zeros((4, 4), np.uint8)), holds_no_picture(np.eye(4, dtype=np.uint8))
    (True, False)
    """
    first = image.flat[0]
    if (image.ravel()[: 1 << 10] == first).all() and (image == first).all():
        return True
    if image.dtype.kind != "u" or image.size < 64:
        return False
    largest = int(image.max())
    is_full_scale = any(largest == 2**bits - 1 for bits in _CAMERA_BITS)
    return is_full_scale and bool(np.count_nonzero(image == largest) >= _SATURATED * image.size)


@dataclass(frozen=True)
class BridgedFrames:
    """Frames of another source, with each blank frame replaced by the nearest one that is not blank.

    The nearest frame is searched before, then after the blank one. A movie with only blank frames is unchanged.
    """

    source: FrameSource

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the frames."""
        return self.source.dtype

    def is_blank(self, frame: int) -> bool:
        """Return whether frame `frame` is blank."""
        return holds_no_picture(self.source.read(frame))

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``, or the nearest one that is not blank."""
        image = self.source.read(frame)
        if not holds_no_picture(image):
            return image
        before, after = range(frame - 1, -1, -1), range(frame + 1, self.shape[0])
        for other in (*before, *after):
            candidate = self.source.read(other)
            if not holds_no_picture(candidate) and bool(np.isfinite(candidate).all()):
                return candidate
        return image
