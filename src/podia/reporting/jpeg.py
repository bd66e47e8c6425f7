"""JPEG pictures for the page."""

from __future__ import annotations

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Picture


def jpeg(grey: NDArray[np.uint8], size: tuple[int, int], quality: int) -> bytes:
    """Return `grey` ``(Y, X)`` as a JPEG of `size` ``(width, height)`` px."""
    picture = Picture.fromarray(grey)
    if picture.size != size:
        picture = picture.resize(size, Picture.Resampling.LANCZOS)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=quality)
    return buffer.getvalue()
