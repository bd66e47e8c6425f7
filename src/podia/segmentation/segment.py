"""Segmentation of a movie by a trained network or without training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, overload

import numpy as np

from podia.data.arguments import require_kind, settle_config
from podia.data.calibration import Calibration
from podia.data.config import Settings
from podia.data.errors import InvalidInputError
from podia.data.finite import require_finite
from podia.data.movie import EmptyWithoutPicture, Image, LabelImage, LabelMovie, MappedSource, Movie
from podia.labels.discs import draw_discs
from podia.labels.instances import find_instances
from podia.labels.points import POINT_RADIUS_PX
from podia.networks.inference.cells import OnConfidence, OnProbability, find_cells
from podia.networks.inference.resolve import ResolvedModel
from podia.segmentation.blobs import find_blobs
from podia.segmentation.choice import Method, ModelName, method_settings
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.egt import egt_foreground
from podia.segmentation.phantast import phantast_foreground
from podia.segmentation.temporal.gap_filling import fill_gaps
from podia.segmentation.temporal.split_merge_correction import split_merge

if TYPE_CHECKING:
    from podia.networks.inference.streaming import StateStore


@overload
def segment(
    movie: Movie,
    config: SegmentationConfig | None = None,
    *,
    method: Method | None = None,
    model: ModelName | Sequence[ModelName] | ResolvedModel | None = None,
    grey_range: tuple[float, float] | None = None,
    states: StateStore | None = None,
    on_probability: OnProbability | None = None,
    on_confidence: OnConfidence | None = None,
) -> LabelMovie: ...


@overload
def segment(
    movie: Movie,
    *,
    method: Method | None = None,
    model: ModelName | Sequence[ModelName] | None = None,
    settings: Settings,
    grey_range: tuple[float, float] | None = None,
    states: StateStore | None = None,
    on_probability: OnProbability | None = None,
    on_confidence: OnConfidence | None = None,
) -> LabelMovie: ...


def segment(
    movie: Movie,
    config: SegmentationConfig | None = None,
    *,
    method: Method | None = None,
    model: ModelName | Sequence[ModelName] | ResolvedModel | None = None,
    settings: Settings | None = None,
    grey_range: tuple[float, float] | None = None,
    states: StateStore | None = None,
    on_probability: OnProbability | None = None,
    on_confidence: OnConfidence | None = None,
) -> LabelMovie:
    """Segment `movie` into cells; frames are segmented when they are read.

    A network reads frames in order; without one, each frame is segmented on its own. Splits and merges that last only
    a few frames are then corrected, and cells that vanish for a few frames are restored. Both keep the few segmented
    frames that they need, so that each frame is segmented once if frames are read in order. If a method finds only
    positions, labels are small discs at these positions, without these corrections. Blank frames have no cells.

    Parameters
    ----------
    movie
        The movie.
    config
        Settings. Default: the default settings.
    method
        ``network`` (a trained model), or without training ``egt``, ``phantast`` or ``blobs`` (positions only).
    model
        The trained model: its name or file, or several, whose predictions are averaged. Default: podia-any.
    settings
        Instead of `config`: individual settings with the keys of the command line, such as
        ``{"segmentation.egt.greedy": -3}``; the leading ``segmentation.`` may be left out.
    grey_range
        For the method network: 0.1 and 99.1 percentile of the whole movie, if `movie` is only part of it. Default:
        measured.
    states
        For the method network: storage for its state, so that a later process can resume.
    on_probability
        For the method network: called with each frame's cell probability.
    on_confidence
        For the method network: called with each frame's confidence map.

    Raises
    ------
    InvalidInputError
        If there is no such model; when a frame is read, if it contains NaN or infinite values.
    ConfigurationError
        If a setting is unknown or out of bounds, is given twice, or does not fit this machine.
    MissingDependencyError
        If the requested backend is not installed.

    Examples
    --------
    >>> movie = Movie.from_array(np.full((2, 64, 64), 100, np.uint8))
    >>> labels = segment(movie, method="egt", settings={"egt.greedy": -3})
    >>> int(labels.frame(0).max())  # a constant frame has no cells
    0
    """
    require_kind(movie, Movie, "movie", "podia.read opens a movie.")
    chosen = model if isinstance(model, ResolvedModel) else None
    keywords = method_settings(method, None if isinstance(model, ResolvedModel) else model)
    config = settle_config(SegmentationConfig, config, settings, section="segmentation", keywords=keywords)
    if chosen is not None and config.method != "network":
        raise InvalidInputError(f"model requires method='network', but method is {config.method!r}.")
    if config.method == "network":
        labels = find_cells(
            movie,
            config.network,
            model=chosen,
            grey_range=grey_range,
            states=states,
            on_probability=on_probability,
            on_confidence=on_confidence,
        )
    else:
        frame_by_frame = _FrameSegmentation(config, movie.calibration, movie.name)
        source = MappedSource(movie.source, frame_by_frame, np.dtype(np.int32), movie.frame_shape)
        labels = LabelMovie(source, movie.calibration, movie.name, positions_only=config.positions_only(None))
    if not labels.positions_only:  # discs have no splits, and no shape to interpolate
        if config.split_merge.enabled:
            labels = split_merge(labels, config.split_merge)
        if config.gap_filling.enabled:
            labels = fill_gaps(labels, config.gap_filling)
    return labels.map_frames(EmptyWithoutPicture(movie))


def segment_frame(
    image: Image, config: SegmentationConfig | None = None, calibration: Calibration | None = None
) -> LabelImage:
    """Segment one frame ``(Y, X)`` into cells numbered 1, 2, ... from the top; a constant frame has none.

    Raises
    ------
    InvalidInputError
        If there are NaN or infinite values.
    """
    config = config or SegmentationConfig()
    calibration = calibration or Calibration()
    if config.method == "network":
        return find_cells(Movie.from_array(image[None], calibration, name="image"), config.network).frame(0)
    return _segment_frame(image, config, calibration, "The image")


def _segment_frame(
    image: Image, config: SegmentationConfig, calibration: Calibration, what: str
) -> LabelImage:
    require_finite(image, what)
    if config.method == "blobs":
        blobs = find_blobs(image, config.blobs, calibration)
        return draw_discs(blobs[:, :2], (image.shape[0], image.shape[1]), POINT_RADIUS_PX)
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
