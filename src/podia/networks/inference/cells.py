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
"""Callback with the cell probability of each frame, ``(Y, X)`` from 0 to 1, when it is predicted."""


OnConfidence = Callable[[int, NDArray[np.float32]], None]
"""Callback with the confidence map of each frame, ``(Y, X)`` from 0 to 1, before its labels are returned."""


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
    """Return the cells of `movie`; the network is loaded when the first frame is read.

    Reading in order is fastest; the order does not change the result. Cells are decoded at the pixel size of the model,
    which its settings refer to, and then resampled to that of the movie.

    Parameters
    ----------
    movie
        The movie.
    config
        The model and how it is run.
    model
        What :func:`~podia.networks.inference.resolve.choose_model` gave for `config`, where that was settled
        before; else it is settled now.
    grey_range
        0.1 and 99.1 percentile of the whole movie, where `movie` is but a part of it; else measured.
    states
        Where the network's state is kept, so that a later process can go on.
    on_probability
        Called with each frame's cell probability as it is predicted, before its labels are given.
    on_confidence
        Called with each frame's confidence map, before its labels are given; not for positions.

    Raises
    ------
    InvalidInputError, MissingDependencyError, ConfigurationError
        As :func:`podia.networks.inference.resolve.choose_model`, and where frames are too large for the model, at
        once; and when a frame is read that holds NaN or infinite values, naming it, or where the model file has
        changed since it was chosen.
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
    """Return the cells of a prediction ``(K, Y, X)`` as labels of a frame of size `frame_shape`. Cells are decoded at
    the size of the prediction and resampled to that of the frame. For positions only, the positions are scaled and
    discs are drawn at the size of the frame, because a resampled disc might vanish.
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
        """Type of a frame's pixels."""
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
