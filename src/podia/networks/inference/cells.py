"""Cells of a movie, found by a trained network."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage, LabelMovie, Movie
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.resampling import resample_labels, resample_positions, resample_values
from podia.networks.inference.resolve import ResolvedModel, choose_model
from podia.networks.outputs.base import DecodeConfig, Output
from podia.networks.outputs.spots import SpotDecode, SpotOutput

if TYPE_CHECKING:
    from podia.networks.inference.predictor import MoviePredictor
    from podia.networks.inference.streaming import StateStore

OnProbability = Callable[[int, NDArray[np.float32]], None]
"""Callback that receives the frame index and the cell probability ``(Y, X)``, 0 to 1, once it is predicted."""


OnConfidence = Callable[[int, NDArray[np.float32]], None]
"""Callback that receives the frame index and the confidence map ``(Y, X)``, 0 to 1, before the labels are returned."""


def find_cells(
    movie: Movie,
    config: InferenceConfig,
    *,
    model: ResolvedModel | None = None,
    grey_range: tuple[float, float] | None = None,
    states: StateStore | None = None,
    on_probability: OnProbability | None = None,
    on_confidence: OnConfidence | None = None,
) -> LabelMovie:
    """Segment `movie` with a trained network; the network is loaded when the first frame is read.

    Reading in order is fastest; the order does not change the result. Cells are decoded at the model's pixel size, to
    which its settings refer, and then resampled to the movie's.

    Parameters
    ----------
    movie
        The movie.
    config
        Model and inference settings.
    model
        Result of :func:`~podia.networks.inference.resolve.choose_model` for `config`. Default: chosen now.
    grey_range
        0.1 and 99.1 percentile of the whole movie, if `movie` is only a part of it. Default: measured.
    states
        Storage of the network's state, so that a later process can resume.
    on_probability
        Called with each frame's cell probability, before the labels are returned.
    on_confidence
        Called with each frame's confidence map, before the labels are returned; not for positions.

    Raises
    ------
    InvalidInputError, MissingDependencyError, ConfigurationError
        As :func:`podia.networks.inference.resolve.choose_model`; also if frames are too large for the model. While
        reading: if a frame contains NaN or infinite values, or the model file has changed since it was chosen.
    """
    choice = choose_model(config) if model is None else model
    choice.require_whole_frames(movie, config)
    source = _NetworkSource(movie, choice, config, grey_range, states, on_probability, on_confidence)
    return LabelMovie(source, movie.calibration, movie.name, positions_only=choice.positions_only)


def cells_of_prediction(
    prediction: NDArray[np.float32],
    head: Output[Any, Any],
    config: DecodeConfig,
    frame_shape: tuple[int, int],
) -> LabelImage:
    """Decode a prediction ``(K, Y, X)`` into the labels of a frame of size `frame_shape`.

    Cells are decoded at the size of the prediction and resampled to that of the frame. If only positions are predicted,
    these are scaled and discs are drawn at the size of the frame, because a resampled disc might vanish.
    """
    if not (head.positions_only and isinstance(head, SpotOutput) and isinstance(config, SpotDecode)):
        return resample_labels(head.decode(prediction, config), frame_shape)
    spots = head.find_spots(prediction, config)
    places = resample_positions(spots[:, :2], prediction.shape[1:], frame_shape)
    margin_px = round(config.field_margin_px * frame_shape[0] / prediction.shape[1])
    return config.model_copy(update={"field_margin_px": margin_px}).draw_positions(places, frame_shape)


@dataclass
class _NetworkSource:
    """Labels of the frames of a movie; the loaded network is not pickled."""

    movie: Movie
    choice: ResolvedModel
    config: InferenceConfig
    grey_range: tuple[float, float] | None
    states: StateStore | None
    on_probability: OnProbability | None
    on_confidence: OnConfidence | None
    _loaded: MoviePredictor | None = field(default=None, repr=False, compare=False)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.movie.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the labels."""
        return np.dtype(np.int32)

    def read(self, frame: int) -> LabelImage:
        """Return the labels of frame `frame`, ``(Y, X)``."""
        predictor = self._predictor()
        prediction = predictor.predict(frame)
        if self.on_probability is not None:
            probability = predictor.head.foreground(prediction)
            self.on_probability(frame, resample_values(probability, self.movie.frame_shape))
        if self.on_confidence is None or self.choice.positions_only:
            return cells_of_prediction(prediction, predictor.head, self.choice.decode, self.movie.frame_shape)
        labels = predictor.head.decode(prediction, self.choice.decode)
        confidence = predictor.head.confidence(prediction, labels)
        self.on_confidence(frame, resample_values(confidence, self.movie.frame_shape))
        return resample_labels(labels, self.movie.frame_shape)

    def _predictor(self) -> MoviePredictor:
        if self._loaded is None:
            from podia.networks.inference.predictor import MoviePredictor

            self._loaded = MoviePredictor(
                self.movie, self.choice, self.config, grey_range=self.grey_range, states=self.states
            )
        return self._loaded

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_loaded": None}
