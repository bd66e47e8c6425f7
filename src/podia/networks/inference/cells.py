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
"""Is told each frame's probability of cells, ``(Y, X)`` in 0..1, as it is predicted."""


OnConfidence = Callable[[int, NDArray[np.float32]], None]
"""Is told how sure the network is of each pixel of a frame's cells, ``(Y, X)`` in 0..1, before the labels are given."""


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

    Frames are read fastest in order, and come out the same in any order. Cells are made of predictions at the model's
    pixel size, to which the sizes in its settings belong, and then brought to the movie's.

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
    """Return the cells that a prediction ``(K, Y, X)`` gives, as labels of a frame of size `frame_shape`.

    Cells are made at the prediction's size and brought to the frame's; where positions are all that is predicted,
    these are, and discs are drawn on them there: brought to larger pixels, a disc might cover none.
    """
    if not (head.positions_only and isinstance(head, SpotOutput) and isinstance(config, SpotDecode)):
        return resample_labels(head.decode(prediction, config), frame_shape)
    spots = head.find_spots(prediction, config)
    places = resample_positions(spots[:, :2], prediction.shape[1:], frame_shape)
    margin_px = round(config.field_margin_px * frame_shape[0] / prediction.shape[1])
    return config.model_copy(update={"field_margin_px": margin_px}).draw_positions(places, frame_shape)


@dataclass
class _NetworkSource:
    """Labels of a movie's frames; what is loaded is left behind when it is pickled."""

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
