"""Annotated movies: movies with labels on some or all frames."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.grey_range import grey_range
from podia.data.movie import LabelImage, LabelMovie, Movie
from podia.labels.discs import draw_discs

UNLABELLED = -1
"""Value of unlabelled pixels, which have neither target nor loss."""

Coverage = Literal["dense", "partial"]
Marks = Literal["masks", "points"]

DISC_RADIUS_PX = 3.0
"""Radius of the disc drawn for an annotated point: large enough that its centroid is within a tenth of a pixel of the
point, small enough to remain inside a cell.
"""
TipPositions = Mapping[int, NDArray[np.float64]]
"""Protrusion tips by frame, ``(N, 2)`` as (y, x) in px; tips of missing frames are unknown."""


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
        """Create from `labels`, whose k-th image belongs to frame ``frames[k]`` of the movie. Default: frame k."""
        frames = tuple(range(labels.n_frames)) if frames is None else frames
        if len(frames) != labels.n_frames or list(frames) != sorted(set(frames)):
            raise InvalidInputError(
                f"'{labels.name}' has {labels.n_frames} label images for {len(frames)} frames of the movie; "
                f"there must be one for each, in ascending order."
            )
        images = {frame: image for image, frame in enumerate(frames)}
        return cls(frames, labels.frame_shape, _ImageOfFrame(labels, images))

    @classmethod
    def from_points(
        cls,
        points: pd.DataFrame,
        frame_shape: tuple[int, int],
        *,
        frames: Sequence[int] | None = None,
        radius_px: float = DISC_RADIUS_PX,
    ) -> FrameLabels:
        """Create discs from a table of positions with the columns ``frame``, ``y`` and ``x`` (px).

        Parameters
        ----------
        points
            Positions of cells. Other columns are ignored.
        frame_shape
            Size ``(Y, X)`` of the movie's frames.
        frames
            Annotated frames, including those without points. Default: the frames with points.
        radius_px
            Radius of the discs, px of the movie.

        Raises
        ------
        InvalidInputError
            If a point lies outside the frame.
        """
        outside = points[
            ~points["y"].between(-0.5, frame_shape[0] - 0.5)
            | ~points["x"].between(-0.5, frame_shape[1] - 0.5)
        ]
        if len(outside):
            first = outside.iloc[0]
            raise InvalidInputError(
                f"{len(outside)} of {len(points)} points lie outside frames of {_size(frame_shape)} pixels, such as "
                f"y {first['y']:g}, x {first['x']:g} on frame {first['frame']:g}. Positions are in px of the movie, y "
                f"before x."
            )
        of_frame = {int(frame): rows[["y", "x"]].to_numpy(float) for frame, rows in points.groupby("frame")}
        looked_at = tuple(sorted(set(of_frame) if frames is None else {*of_frame, *frames}))
        return cls(looked_at, frame_shape, _DiscsOfFrame(of_frame, frame_shape, radius_px))

    def read(self, frame: int) -> LabelImage:
        """Return the labels of frame `frame` of the movie, ``(Y, X)`` int32; raise KeyError if it has none."""
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
class _DiscsOfFrame:
    points: Mapping[int, NDArray[np.float64]]
    frame_shape: tuple[int, int]
    radius_px: float

    def __call__(self, frame: int) -> LabelImage:
        return draw_discs(self.points.get(frame, np.empty((0, 2))), self.frame_shape, self.radius_px)


@dataclass(frozen=True)
class AnnotatedMovie:
    """A movie with labels on some of its frames.

    Parameters
    ----------
    movie, labels
        Grey values, and labels of the annotated frames, of the same size.
    dataset
        Name of the data set; clips are drawn evenly from data sets, not from movies.
    coverage
        ``dense``: pixels of value 0 in annotated frames are background. ``partial``: they are unlabelled (-1), and only
        pixels of `background_value` are background.
    background_value
        Label of annotated background, for partial annotation.
    instances
        Whether each cell has its own label; otherwise (a foreground of 0 and 1), touching cells are not separated.
    marks
        ``masks``: labels follow the outlines of cells. ``points``: labels are small discs on positions of cells.
    frame_numbers
        Number of each frame, if some are missing (such as CTC files 98, 122, 150, ...): clips do not cross such gaps.
        None if frames are consecutive.
    tips
        Manually annotated protrusion tips. Default: derived from the labels.
    field_margin_px
        Width of the border in which cells that lie entirely inside were not annotated (field of interest of the Cell
        Tracking Challenge): background there is unlabelled (-1).

    Raises
    ------
    InvalidInputError
        If labels and movie differ in size, a labelled frame lies outside the movie, there are no labelled frames, or
        the margin covers the whole frame.
    """

    movie: Movie
    labels: FrameLabels
    dataset: str = "data"
    coverage: Coverage = "dense"
    background_value: int | None = None
    instances: bool = True
    marks: Marks = "masks"
    frame_numbers: tuple[int, ...] | None = field(default=None, repr=False)
    tips: TipPositions | None = field(default=None, repr=False, compare=False)
    field_margin_px: int = 0

    def __post_init__(self) -> None:
        frames = self.labels.frames
        if not frames:
            raise InvalidInputError(f"No frame of '{self.name}' has labels. Annotate at least one.")
        if self.labels.frame_shape != self.movie.frame_shape:
            raise InvalidInputError(
                f"The labels of '{self.name}' have {_size(self.labels.frame_shape)} pixels, its frames "
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
                f"A background value ({self.background_value}) is only for partial annotation; in "
                f"'{self.name}', every 0 is background."
            )
        if 2 * self.field_margin_px >= min(self.movie.frame_shape):
            raise InvalidInputError(
                f"field_margin_px = {self.field_margin_px} covers the whole frames of '{self.name}', "
                f"{_size(self.movie.frame_shape)} px. Reduce it."
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
        """The movie's 0.1 and 99.1 percentile in grey values; the whole movie is read on first use."""
        return grey_range(self.movie)

    def read_labels(self, frame: int) -> LabelImage:
        """Return the labels of an annotated frame, ``(Y, X)`` int32, -1 where unlabelled."""
        labels = self.labels.read(frame)
        if self.coverage == "dense":
            return _with_unlabelled_margin(labels, self.field_margin_px)
        known = np.where(labels == 0, np.int32(UNLABELLED), labels)
        if self.background_value is not None:
            known[labels == self.background_value] = 0
        return known

    def consecutive_frames(self) -> list[range]:
        """Return the runs of consecutive frames, in order."""
        if self.frame_numbers is None:
            return [range(self.movie.n_frames)]
        gaps = np.flatnonzero(np.diff(self.frame_numbers) != 1) + 1
        edges = [0, *gaps.tolist(), self.movie.n_frames]
        return [range(first, end) for first, end in pairwise(edges)]


@dataclass(frozen=True)
class UsableMovie:
    """The part of an annotated movie available for training or for validation.

    Parameters
    ----------
    annotated
        The whole movie.
    first, last
        First and last available frame.
    annotated_frames
        Available frames whose labels may be used, ascending.
    """

    annotated: AnnotatedMovie
    first: int
    last: int
    annotated_frames: tuple[int, ...]

    @classmethod
    def whole(cls, movie: AnnotatedMovie) -> UsableMovie:
        """Return the whole movie as usable."""
        return cls(movie, 0, movie.movie.n_frames - 1, movie.labels.frames)

    @property
    def name(self) -> str:
        """The movie's name."""
        return self.annotated.name

    def run_of(self, frame: int) -> range:
        """Return the run of consecutive usable frames around `frame`."""
        run = next(run for run in self.annotated.consecutive_frames() if frame in run)
        return range(max(run.start, self.first), min(run.stop, self.last + 1))


def _with_unlabelled_margin(labels: LabelImage, margin_px: int) -> LabelImage:
    if margin_px == 0:
        return labels
    in_margin = np.ones(labels.shape, bool)
    in_margin[margin_px:-margin_px, margin_px:-margin_px] = False
    return np.where(in_margin & (labels == 0), np.int32(UNLABELLED), labels)


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
