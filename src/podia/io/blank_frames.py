"""Frames that hold no picture: missing files, lost chunks, black or saturated pages.

Such a frame is a time point without data. It is bridged, so that drift, grey range and a network's memory see the
frame before it, and it is known as blank, so that no cell is looked for in it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from podia.data.movie import FrameSource, Image

_SATURATED = 0.99
"""Share of pixels at the camera's largest value from which a frame counts as saturated all over."""
_CAMERA_BITS = (8, 10, 12, 14, 16)


def holds_no_picture(image: Image) -> bool:
    """Tell whether a frame ``(Y, X)`` has one grey value only, or is saturated all over.

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
    """Frames of another source, with the nearest one that holds a picture in place of each blank one.

    The nearest is looked for before, then after. A movie without a single picture is read as it is.
    """

    source: FrameSource

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a frame's pixels."""
        return self.source.dtype

    def is_blank(self, frame: int) -> bool:
        """Tell whether frame `frame` holds no picture."""
        return holds_no_picture(self.source.read(frame))

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``, or the nearest that holds a picture."""
        image = self.source.read(frame)
        if not holds_no_picture(image):
            return image
        before, after = range(frame - 1, -1, -1), range(frame + 1, self.shape[0])
        for other in (*before, *after):
            candidate = self.source.read(other)
            if not holds_no_picture(candidate):
                return candidate
        return image
