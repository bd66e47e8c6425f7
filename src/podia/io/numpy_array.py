"""Label stacks in NumPy files (``.npy``, ``.npz``)."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import MovieReadError
from podia.data.movie import Image
from podia.files.available_memory import available_memory_bytes
from podia.io.cellpose_masks import open_cellpose
from podia.io.damaged import unreadable_file
from podia.io.opened_image import OpenedImage

_ARRAY_NAMES = ("masks", "labels", "arr_0")


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


@dataclass(frozen=True)
class ArchivedFrames:
    """Frames of an array in an ``.npz`` archive, which is read completely; the last array is cached."""

    path: Path
    name: str
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        return np.array(_archived(self.path, self.name).reshape(self.shape)[frame])


def open_numpy(path: Path) -> OpenedImage:
    """Return the frames of an array ``(T, Y, X)`` or ``(Y, X)``; the format has no scale.

    From an archive, the array named masks or labels is read, or the only one; from a Cellpose file (``NAME_seg.npy``),
    its masks.

    Raises
    ------
    MovieReadError
        If it is not an array file, is truncated, holds Python objects, or has another number of dimensions.
    """
    if path.suffix.lower() == ".npz":
        return _open_archive(path)
    try:
        stored = np.load(path, mmap_mode="r", allow_pickle=False)
        shape, dtype = stored.shape, stored.dtype
    except Exception as error:  # headers are parsed as Python literals, and may break the parser anywhere
        if "objects" in str(error):
            return open_cellpose(path)
        raise unreadable_file(path, "NumPy array", error) from error
    return OpenedImage(NumpyFrames(path, _frames_shape(shape, path), dtype))


def _open_archive(path: Path) -> OpenedImage:
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename.removesuffix(".npy"): info.file_size for info in archive.infolist()}
        wanted = [name for name in _ARRAY_NAMES if name in sizes] or list(sizes)
        if sizes and sizes[wanted[0]] > available_memory_bytes() // 2:
            raise MovieReadError(
                f"The array in '{path}' takes {sizes[wanted[0]] / 2**30:,.1f} GiB, more than fits. Save it as TIFF."
            )
        if len(wanted) == 1 or wanted[0] in _ARRAY_NAMES:
            stored = _archived(path, wanted[0])
            shape = _frames_shape(stored.shape, path)
            return OpenedImage(ArchivedFrames(path, wanted[0], shape, stored.dtype))
    except MovieReadError:
        raise
    except Exception as error:  # a damaged archive may break the parser anywhere
        if "allow_pickle" in str(error):
            raise _holds_objects(path) from error
        raise unreadable_file(path, "NumPy archive", error) from error
    raise MovieReadError(
        f"'{path}' contains {len(wanted)} arrays ({', '.join(wanted[:5])}). Save only one, or name it "
        "'labels'."
    )


@lru_cache(maxsize=1)
def _archived(path: Path, name: str) -> NDArray[Any]:
    with np.load(path, allow_pickle=False) as archive:
        return np.asarray(archive[name])


def _frames_shape(shape: tuple[int, ...], path: Path) -> tuple[int, int, int]:
    if len(shape) not in (2, 3):
        raise MovieReadError(f"'{path}' has shape {shape}; labels must have shape (T, Y, X) or (Y, X).")
    return (1, shape[0], shape[1]) if len(shape) == 2 else (shape[0], shape[1], shape[2])


def _holds_objects(path: Path) -> MovieReadError:
    return MovieReadError(
        f"'{path}' cannot be read as NumPy array: it contains Python objects, which podia does not load, "
        f"because they could run code. Save it as a plain array of numbers, or as TIFF."
    )
