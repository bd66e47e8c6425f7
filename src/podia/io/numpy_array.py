"""Label stacks in NumPy files (``.npy``)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from podia.data.errors import MovieReadError
from podia.data.movie import Image
from podia.io.damaged import unreadable_file
from podia.io.opened_image import OpenedImage


@dataclass(frozen=True)
class NumpyFrames:
    """Frames of a ``.npy`` file, memory-mapped for each read, so that only one frame is in memory."""

    path: Path
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        stored = np.load(self.path, mmap_mode="r", allow_pickle=False).reshape(self.shape)
        return np.array(stored[frame])


def open_numpy(path: Path) -> OpenedImage:
    """Return the frames of an array ``(T, Y, X)`` or ``(Y, X)``; the format has no scale.

    Raises
    ------
    MovieReadError
        If it is not an array file, is truncated, or has another number of dimensions.
    """
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
        shape, dtype = stored.shape, stored.dtype
    except (OSError, ValueError, EOFError, AttributeError) as error:
        raise unreadable_file(path, "NumPy array", error) from error
    if len(shape) not in (2, 3):
        raise MovieReadError(f"'{path}' has shape {shape}; labels must have shape (T, Y, X) or (Y, X).")
    n_frames, height, width = shape if len(shape) == 3 else (1, *shape)
    return OpenedImage(NumpyFrames(path, (n_frames, height, width), dtype))
