"""Movies of which some frames, or all, have labels to learn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.movie import LabelImage, LabelMovie, Movie
from podia.preprocessing.intensity import intensity_range

UNLABELLED = -1
"""Value of pixels of which nothing is known: they give neither target nor loss."""

Coverage = Literal["dense", "partial"]


@dataclass(frozen=True)
class FrameLabels:
    """Labels of the annotated frames of a movie, read one at a time.

    Parameters
    ----------
    frames
        Indices of the movie's frames that have labels, ascending.
    frame_shape
        Size ``(Y, X)`` of a label image.
    read_frame
        Returns the labels of such a frame, ``(Y, X)`` int32; can be pickled.
    """

    frames: tuple[int, ...]
    frame_shape: tuple[int, int]
    read_frame: Callable[[int], LabelImage] = field(repr=False)

    @classmethod
    def from_movie(cls, labels: LabelMovie, frames: tuple[int, ...] | None = None) -> FrameLabels:
        """Return `labels`, whose k-th image belongs to frame ``frames[k]`` of the movie (without: to frame k)."""
        frames = tuple(range(labels.n_frames)) if frames is None else frames
        if len(frames) != labels.n_frames or list(frames) != sorted(set(frames)):
            raise InvalidInputError(
                f"'{labels.name}' has {labels.n_frames} label images for {len(frames)} frames of the movie; "
                f"there must be one for each, in ascending order."
            )
        images = {frame: image for image, frame in enumerate(frames)}
        return cls(frames, labels.frame_shape, _ImageOfFrame(labels, images))

    def read(self, frame: int) -> LabelImage:
        """Return the labels of frame `frame` of the movie, ``(Y, X)`` int32; KeyError where it has none."""
        if frame not in self.frames:
            raise KeyError(f"Frame {frame} has no labels.")
        return self.read_frame(frame)

    def only(self, frames: tuple[int, ...]) -> FrameLabels:
        """Return the labels of those of `frames` that have any."""
        kept = tuple(sorted(set(self.frames) & set(frames)))
        return FrameLabels(kept, self.frame_shape, self.read_frame)


@dataclass(frozen=True)
class _ImageOfFrame:
    labels: LabelMovie
    images: Mapping[int, int]

    def __call__(self, frame: int) -> LabelImage:
        return self.labels.frame(self.images[frame])


@dataclass(frozen=True)
class AnnotatedMovie:
    """A movie with labels on some of its frames.

    Parameters
    ----------
    movie, labels
        Grey values, and labels of the annotated frames, of the same size.
    dataset
        Name of what the movie is part of; clips are drawn evenly over data sets, not over movies.
    coverage
        ``dense``: what an annotated frame leaves 0 is background. ``partial``: it is unlabelled (-1), but for
        pixels of the value `background_value`.
    background_value
        Label that an annotator gave to pixels known to be background, in partial annotation.
    instances
        Whether each cell has a label of its own; where not (a foreground of 0 and 1), cells that touch are one.
    frame_numbers
        Number of each frame where some are missing between (CTC files 98, 122, 150, ...): no clip runs over such
        a gap. None where frames follow one another.

    Raises
    ------
    InvalidInputError
        If labels and movie differ in size, or a labelled frame lies outside the movie, or there is none.
    """

    movie: Movie
    labels: FrameLabels
    dataset: str = "data"
    coverage: Coverage = "dense"
    background_value: int | None = None
    instances: bool = True
    frame_numbers: tuple[int, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        frames = self.labels.frames
        if not frames:
            raise InvalidInputError(f"No frame of '{self.name}' has labels. Annotate at least one.")
        if self.labels.frame_shape != self.movie.frame_shape:
            raise InvalidInputError(
                f"The labels of '{self.name}' are of {_size(self.labels.frame_shape)} pixels, its frames of "
                f"{_size(self.movie.frame_shape)}. They must be the same."
            )
        if frames[0] < 0 or frames[-1] >= self.movie.n_frames:
            outside = frames[0] if frames[0] < 0 else frames[-1]
            raise InvalidInputError(
                f"'{self.name}' has labels for frame {outside}, but its frames are 0 to "
                f"{self.movie.n_frames - 1}."
            )
        if self.frame_numbers is not None and len(self.frame_numbers) != self.movie.n_frames:
            raise InvalidInputError(
                f"'{self.name}' has {len(self.frame_numbers)} frame numbers for {self.movie.n_frames} frames."
            )
        if self.background_value is not None and self.coverage == "dense":
            raise InvalidInputError(
                f"A background value ({self.background_value}) is only for partial annotation; in '{self.name}' "
                f"all that is 0 counts as background."
            )

    @property
    def name(self) -> str:
        """The movie's name."""
        return self.movie.name

    @property
    def calibration(self) -> Calibration:
        """The movie's calibration."""
        return self.movie.calibration

    @cached_property
    def grey_range(self) -> tuple[float, float]:
        """The movie's 0.1 and 99.1 percentile (S0) in grey values; reads the whole movie when first asked for."""
        return intensity_range(self.movie)

    def read_labels(self, frame: int) -> LabelImage:
        """Return the labels of an annotated frame, ``(Y, X)`` int32, -1 where nothing is known."""
        labels = self.labels.read(frame)
        if self.coverage == "dense":
            return labels
        known = np.where(labels == 0, np.int32(UNLABELLED), labels)
        if self.background_value is not None:
            known[labels == self.background_value] = 0
        return known

    def consecutive_frames(self) -> list[range]:
        """Return the stretches of frames that follow one another without a gap, in order."""
        if self.frame_numbers is None:
            return [range(self.movie.n_frames)]
        gaps = np.flatnonzero(np.diff(self.frame_numbers) != 1) + 1
        edges = [0, *gaps.tolist(), self.movie.n_frames]
        return [range(first, end) for first, end in pairwise(edges)]


@dataclass(frozen=True)
class UsableMovie:
    """The part of an annotated movie that training, or validation, may see.

    Parameters
    ----------
    annotated
        The whole movie.
    first, last
        Frames that may be looked at, both included.
    annotated_frames
        Those of them whose labels may be used, ascending.
    """

    annotated: AnnotatedMovie
    first: int
    last: int
    annotated_frames: tuple[int, ...]

    @classmethod
    def whole(cls, movie: AnnotatedMovie) -> UsableMovie:
        """Return all of a movie."""
        return cls(movie, 0, movie.movie.n_frames - 1, movie.labels.frames)

    @property
    def name(self) -> str:
        """The movie's name."""
        return self.annotated.name

    def run_of(self, frame: int) -> range:
        """Return the usable frames around `frame` that follow one another without a gap."""
        run = next(run for run in self.annotated.consecutive_frames() if frame in run)
        return range(max(run.start, self.first), min(run.stop, self.last + 1))


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
