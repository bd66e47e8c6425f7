"""Cells of a movie, found without training."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.movie import Image, LabelImage, LabelMovie, MappedSource, Movie
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.egt import egt_foreground
from podia.segmentation.gap_filling import fill_gaps
from podia.segmentation.instances import find_instances
from podia.segmentation.phantast import phantast_foreground


def segment(movie: Movie, config: SegmentationConfig | None = None) -> LabelMovie:
    """Return the cells of `movie`; frames are segmented when they are read.

    Each frame is segmented on its own; gap filling then adds objects that neighbouring frames show, and keeps the
    few segmented frames that it needs, so that reading in order segments each frame once.

    Raises
    ------
    InvalidInputError
        When a frame is read that holds NaN or infinite values, naming it.

    Examples
    --------
    >>> movie = Movie.from_array(np.full((2, 64, 64), 100, np.uint8))
    >>> int(segment(movie).frame(0).max())  # a constant frame has no cells
    0
    """
    config = config or SegmentationConfig()
    source = MappedSource(
        movie.source,
        _FrameSegmentation(config, movie.calibration, movie.name),
        np.dtype(np.int32),
        movie.frame_shape,
    )
    labels = LabelMovie(source, movie.calibration, movie.name)
    return fill_gaps(labels, config.gap_filling) if config.gap_filling.enabled else labels


def segment_frame(
    image: Image, config: SegmentationConfig | None = None, calibration: Calibration | None = None
) -> LabelImage:
    """Return the cells of one frame ``(Y, X)``, numbered 1, 2, ... from the top; none in a constant frame.

    Raises
    ------
    InvalidInputError
        If there are NaN or infinite values.
    """
    return _segment_frame(image, config or SegmentationConfig(), calibration or Calibration(), "The image")


def _segment_frame(
    image: Image, config: SegmentationConfig, calibration: Calibration, what: str
) -> LabelImage:
    if np.issubdtype(image.dtype, np.floating) and not np.isfinite(image).all():
        n_bad = int(np.count_nonzero(~np.isfinite(image)))
        raise InvalidInputError(
            f"{what} holds {n_bad} values that are NaN or infinite; grey values must be finite. "
            f"Replace them before the segmentation."
        )
    if config.method == "egt":
        mask = egt_foreground(image, config.egt, calibration)
    else:
        mask = phantast_foreground(image, config.phantast, calibration)
    return find_instances(mask, image, config.instances, calibration)


@dataclass(frozen=True)
class _FrameSegmentation:
    """Segments a frame of a movie; a class, so that the label movie can be pickled."""

    config: SegmentationConfig
    calibration: Calibration
    name: str

    def __call__(self, frame: int, image: Image) -> LabelImage:
        """Return the labels of frame `frame`, whose pixels are `image` ``(Y, X)``."""
        return _segment_frame(image, self.config, self.calibration, f"Frame {frame} of '{self.name}'")
