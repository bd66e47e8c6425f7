"""Store of frames on disk: each is complete or missing, so that an interrupted step can resume."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

from podia.data.movie import FrameSource, Image
from podia.files.atomic import atomic_path


@dataclass(frozen=True)
class FrameStore:
    """Frames on disk, one compressed TIFF each; a :class:`~podia.data.movie.FrameSource`."""

    folder: Path
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]

    def path_of(self, frame: int) -> Path:
        """Return the file of frame `frame`."""
        return self.folder / f"t{frame:06d}.tif"

    def has(self, frame: int) -> bool:
        """Return whether frame `frame` is stored."""
        return self.path_of(frame).is_file()

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        return np.asarray(tifffile.imread(self.path_of(frame)), dtype=self.dtype)

    def write(self, frame: int, image: Image) -> None:
        """Store frame `frame`."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(self.path_of(frame)) as temporary:
            # Level 1 is three times as fast as the default, and labels are still far smaller than the movie.
            tifffile.imwrite(temporary, image, compression="zlib", compressionargs={"level": 1})


@dataclass(frozen=True)
class OverlaidFrames:
    """Frames of one source, overlaid by those of another one; a :class:`~podia.data.movie.FrameSource`."""

    below: FrameSource
    above: FrameStore

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.below.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the frames."""
        return self.below.dtype

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        return (self.above if self.above.has(frame) else self.below).read(frame)
