"""Movies and label movies: sequences of frames that are read one at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import DTypeLike, NDArray

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError

Image = NDArray[Any]
"""One frame, ``(Y, X)``."""
LabelImage = NDArray[np.int32]
"""One frame of labels, ``(Y, X)``; 0 is background."""


@runtime_checkable
class FrameSource(Protocol):
    """Source of frames. Implementations keep no frame in memory and can be pickled."""

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the frames."""

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""


@dataclass(frozen=True)
class ArraySource:
    """Frames of an array that is already in memory (or memory-mapped), ``(T, Y, X)``."""

    array: NDArray[Any]

    def __post_init__(self) -> None:
        if self.array.ndim != 3:
            raise InvalidInputError(
                f"A movie is an array of 3 dimensions (T, Y, X), not {self.array.ndim} "
                f"(shape {self.array.shape}). Pick one channel and one plane first."
            )

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        t, y, x = self.array.shape
        return t, y, x

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the frames."""
        return self.array.dtype

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        return np.asarray(self.array[frame])


@dataclass(frozen=True)
class MappedSource:
    """Frames of another source, to which a function is applied when they are read.

    The function takes the frame's index and its pixels ``(Y, X)``; it must not change them in place.
    """

    source: FrameSource
    function: Callable[[int, Image], Image]
    dtype: np.dtype[Any]
    frame_shape: tuple[int, int]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return (self.source.shape[0], *self.frame_shape)

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        return self.function(frame, self.source.read(frame))

    def is_blank(self, frame: int) -> bool:
        """Return whether frame `frame` is blank."""
        return is_blank(self.source, frame)

    def is_unclear(self, frame: int) -> bool:
        """Return whether frame `frame` is noise or far out of focus."""
        return is_unclear(self.source, frame)


def is_blank(source: FrameSource, frame: int) -> bool:
    """Return whether a frame is blank; sources without this information have no blank frames."""
    asked = getattr(source, "is_blank", None)
    return bool(asked(frame)) if asked is not None else False


def is_unclear(source: FrameSource, frame: int) -> bool:
    """Return whether a frame is noise or far out of focus; sources without this information have none."""
    asked = getattr(source, "is_unclear", None)
    return bool(asked(frame)) if asked is not None else False


@dataclass(frozen=True)
class FrameSequence:
    """Frames ``(T, Y, X)`` with their calibration; read lazily, one at a time."""

    source: FrameSource
    calibration: Calibration = field(default_factory=Calibration)
    name: str = "movie"

    def __post_init__(self) -> None:
        if 0 in self.source.shape:
            raise InvalidInputError(f"'{self.name}' is empty: its shape (T, Y, X) is {self.source.shape}.")

    @classmethod
    def from_array(
        cls, array: NDArray[Any], calibration: Calibration | None = None, *, name: str = "movie"
    ) -> Self:
        """Return the sequence over an array ``(T, Y, X)``."""
        return cls(ArraySource(np.asarray(array)), calibration or Calibration(), name)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.source.shape

    @property
    def frame_shape(self) -> tuple[int, int]:
        """Size of one frame, ``(Y, X)``."""
        return self.source.shape[1:]

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return self.source.shape[0]

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the frames."""
        return self.source.dtype

    def frame(self, index: int) -> Image:
        """Return frame `index` (from 0), ``(Y, X)``; IndexError outside the movie."""
        if not 0 <= index < self.n_frames:
            raise IndexError(f"'{self.name}' has frames 0 to {self.n_frames - 1}, not {index}.")
        return self.source.read(index)

    def __len__(self) -> int:
        return self.n_frames

    def __iter__(self) -> Iterator[Image]:
        return (self.source.read(index) for index in range(self.n_frames))

    def to_array(self) -> NDArray[Any]:
        """Return all frames at once, ``(T, Y, X)``; for small movies and tests."""
        return np.stack(list(self))

    def with_calibration(self, calibration: Calibration) -> Self:
        """Return the same frames with another calibration."""
        return replace(self, calibration=calibration)

    def map_frames(
        self,
        function: Callable[[int, Image], Image],
        *,
        dtype: DTypeLike | None = None,
        frame_shape: tuple[int, int] | None = None,
    ) -> Self:
        """Return a sequence that applies ``function(index, frame)`` to frames when they are read."""
        target = self.dtype if dtype is None else np.dtype(dtype)
        return replace(
            self, source=MappedSource(self.source, function, target, frame_shape or self.frame_shape)
        )


@dataclass(frozen=True)
class Movie(FrameSequence):
    """A movie of one channel, ``(T, Y, X)``, grey values of any real type.

    Examples
    --------
    >>> movie = Movie.from_array(np.zeros((3, 4, 5), np.uint8), Calibration(pixel_size_um=0.65))
    >>> movie.n_frames, movie.frame_shape
    (3, (4, 5))
    """

    def is_blank(self, index: int) -> bool:
        """Return whether frame `index` is blank; its pixels are then those of the nearest frame with data."""
        return is_blank(self.source, index)

    def is_unclear(self, index: int) -> bool:
        """Return whether frame `index` is noise or far out of focus, unlike the frames before and after it.

        For a movie opened by :func:`podia.read`, the first call reads all frames once.
        """
        return is_unclear(self.source, index)

    def has_picture(self, index: int) -> bool:
        """Return whether cells can be seen in frame `index`: it is neither blank nor unclear."""
        return not self.is_blank(index) and not self.is_unclear(index)


@dataclass(frozen=True)
class LabelMovie(FrameSequence):
    """Labels of every frame, ``(T, Y, X)``: 0 is background, each cell a positive integer.

    Labels are only valid within their frame; the ``track_id`` of a :class:`~podia.data.lineage.Lineage` links frames.
    Frames are returned as 32-bit integers for any type of the source.

    Parameters
    ----------
    positions_only
        Whether labels are small discs that mark positions of cells without outlines.
    """

    positions_only: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if not np.issubdtype(self.source.dtype, np.integer) and self.source.dtype != np.bool_:
            raise InvalidInputError(
                f"Labels must be integers, not {self.source.dtype} ('{self.name}'). "
                f"Convert the label image to 16 or 32 bit first."
            )

    def frame(self, index: int) -> LabelImage:
        """Return the labels of frame `index`, ``(Y, X)`` int32."""
        return super().frame(index).astype(np.int32, copy=False)

    def __iter__(self) -> Iterator[LabelImage]:
        return (self.source.read(index).astype(np.int32, copy=False) for index in range(self.n_frames))


@dataclass(frozen=True)
class EmptyWithoutPicture:
    """Removes cells from blank and unclear frames of `movie`; a class, so that sources can be pickled."""

    movie: Movie

    def __call__(self, frame: int, labels: Image) -> Image:
        """Return `labels`, or no cells if frame `frame` is blank or unclear."""
        return labels if self.movie.has_picture(frame) else np.zeros_like(labels)
