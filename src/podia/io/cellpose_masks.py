"""Masks in Cellpose's own file, ``NAME_seg.npy``."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import MovieReadError
from podia.data.movie import Image
from podia.files.available_memory import available_memory_bytes
from podia.io.opened_image import OpenedImage
from podia.io.plain_pickle import PlainPickleError, read_plain_pickle

_MEMORY_PER_BYTE = 4
"""Memory for reading, relative to the size of the file."""


@dataclass(frozen=True)
class CellposeFrames:
    """Frames of the masks in a file of Cellpose, which is read whole; those of the last file are kept."""

    path: Path
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        return np.array(_masks(self.path).reshape(self.shape)[frame])


def open_cellpose(path: Path) -> OpenedImage:
    """Return the masks in a file of Cellpose: of one image, or of a stack, of which each plane is a frame.

    Nothing in the file is executed.

    Raises
    ------
    MovieReadError
        If it holds other objects than those of Cellpose, is damaged, or takes more memory than there is.
    """
    if path.stat().st_size * _MEMORY_PER_BYTE > available_memory_bytes():
        raise MovieReadError(
            f"'{path}' takes more memory than fits. In Cellpose, save the masks as PNG or TIFF."
        )
    masks = _masks(path)
    if masks.ndim not in (2, 3):
        raise MovieReadError(
            f"The masks in '{path}' have shape {masks.shape}; (Y, X) or (Z, Y, X) is needed."
        )
    height, width = masks.shape[-2:]
    n_frames = 1 if masks.ndim == 2 else masks.shape[0]
    return OpenedImage(CellposeFrames(path, (n_frames, height, width), masks.dtype))


@lru_cache(maxsize=1)
def _masks(path: Path) -> NDArray[Any]:
    with path.open("rb") as stream:
        try:
            version = np.lib.format.read_magic(stream)
            read_header = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            read_header(stream)
            content = read_plain_pickle(stream.read())
        except (ValueError, PlainPickleError) as error:
            raise MovieReadError(
                f"'{path}' contains Python objects, which podia does not load, because they could run code, and no "
                f"masks of Cellpose could be found in it ({error}). Save the masks as TIFF or PNG."
            ) from error
    masks = content.get("masks") if isinstance(content, dict) else None
    if not isinstance(masks, np.ndarray):
        raise MovieReadError(
            f"'{path}' contains Python objects, which podia does not load, because they could run code, and no masks "
            f"of Cellpose. Save it as a plain array of numbers, or as TIFF."
        )
    return masks
