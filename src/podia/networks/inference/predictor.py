"""Predictions of a movie at the scale of the model."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from podia.data.finite import require_finite
from podia.data.grey_range import grey_range as measure_grey_range
from podia.data.movie import Movie
from podia.networks.grey_scaling import scale_grey
from podia.networks.inference.augment import merge_predictions
from podia.networks.inference.cell_size import shape_for_movie
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.engine import Plane
from podia.networks.inference.engines import engine_for
from podia.networks.inference.resampling import resample_values
from podia.networks.inference.resolve import ResolvedModel
from podia.networks.inference.streaming import ReadPlane, StateStore, frame_stream
from podia.networks.inference.tiles import pad_to_stride, padded_shape
from podia.networks.model_file import load_model
from podia.networks.outputs.base import Prediction

_SHARED_PLANES = 8
"""Number of frames kept for the other models of an ensemble: a warm-up of four, the current one, and some ahead."""


class MoviePredictor:
    """Predictions of the frames of `movie`, at the model's pixel size.

    Parameters
    ----------
    movie
        The movie, as recorded or with drift and illumination corrected.
    choice
        Models and backend.
    config
        Settings of inference.
    grey_range
        The 0.1 and 99.1 percentile of the whole movie. Default: measured, which reads the movie.
    states
        Storage of states between runs.

    Raises
    ------
    InvalidInputError
        If the model file has changed since it was chosen, or a frame contains NaN or infinite values.
    """

    def __init__(
        self,
        movie: Movie,
        choice: ResolvedModel,
        config: InferenceConfig,
        *,
        grey_range: tuple[float, float] | None = None,
        states: StateStore | None = None,
    ) -> None:
        networks = []
        for member in choice.members:
            networks.append(load_model(member.path)[0])
            member.require_unchanged()
        self.head = networks[0].config.head
        """Output of the model: meaning of the channels."""
        low, high = measure_grey_range(movie) if grey_range is None else grey_range
        self.shape = shape_for_movie(movie, choice, config, grey_range=(low, high))
        """Size ``(Y, X)`` of a prediction."""
        read: ReadPlane = _PlaneReader(movie, self.shape, low, high)
        if len(networks) > 1:
            read = lru_cache(maxsize=_SHARED_PLANES)(read)
        self._streams = [
            frame_stream(
                engine_for(network, padded_shape(self.shape, network.stride), choice.placement, config),
                _PaddedReader(read, network.stride),
                movie.n_frames,
                config,
                states.of_member(number) if number and states is not None else states,
            )
            for number, network in enumerate(networks)
        ]

    def predict(self, frame: int) -> Prediction:
        """Return the prediction ``(K, Y, X)`` of `frame`, of size :attr:`shape`.

        Reading in order is fastest. For an ensemble, it is the mean over its models, each run with its own settings;
        for instance detectors, the cells that most models contain.

        Raises
        ------
        InvalidInputError
            If a frame contains NaN or infinite values.
        """
        height, width = self.shape
        predictions = (stream.predict(frame)[:, :height, :width] for stream in self._streams)
        return merge_predictions(predictions, self.head)


@dataclass(frozen=True)
class _PlaneReader:
    """Reader that resamples and scales frames for the models."""

    movie: Movie
    shape: tuple[int, int]
    low: float
    high: float

    def __call__(self, frame: int) -> Plane:
        """Return frame `frame`, ``(Y, X)`` of `shape`."""
        image = self.movie.frame(frame)
        require_finite(image, f"Frame {frame} of '{self.movie.name}'")
        return scale_grey(resample_values(image, self.shape), self.low, self.high)


@dataclass(frozen=True)
class _PaddedReader:
    """Reader that pads frames to a multiple of the network's stride."""

    read: ReadPlane
    stride: int

    def __call__(self, frame: int) -> Plane:
        """Return frame `frame`, padded."""
        return pad_to_stride(self.read(frame), self.stride)
