"""A model run over a movie: from the movie's frames to predictions at the model's scale."""

from __future__ import annotations

from dataclasses import dataclass

from podia.data.grey_range import grey_range as measure_grey_range
from podia.data.movie import Movie
from podia.segmentation.config import NetworkSegmentationConfig
from podia.segmentation.finite import require_finite
from podia.segmentation.inference.choice import ModelChoice
from podia.segmentation.inference.engine import Plane, Prediction
from podia.segmentation.inference.engines import engine_for
from podia.segmentation.inference.resampling import resample_values, shape_for_model
from podia.segmentation.inference.streaming import StateStore, frame_stream
from podia.segmentation.inference.tiles import pad_to_stride, padded_shape
from podia.segmentation.models.weights import load_model
from podia.segmentation.scaling import scale_grey


class MoviePredictor:
    """Predictions of the frames of `movie`, at the model's pixel size.

    Parameters
    ----------
    movie
        Grey values as they were recorded, or with drift and illumination corrected.
    choice
        The model and what runs it.
    config
        How it is run.
    grey_range
        The 0.1 and 99.1 percentile of the whole movie; measured, by reading the movie, where None.
    states
        Where states are kept from run to run.

    Raises
    ------
    InvalidInputError
        If the model file is no longer what was chosen, or a frame holds NaN or infinite values.
    """

    def __init__(
        self,
        movie: Movie,
        choice: ModelChoice,
        config: NetworkSegmentationConfig,
        *,
        grey_range: tuple[float, float] | None = None,
        states: StateStore | None = None,
    ) -> None:
        network, card = load_model(choice.path)
        choice.require_unchanged()
        self.head = network.config.head
        """What the channels of a prediction mean."""
        self.shape = shape_for_model(
            movie.frame_shape, movie.calibration.pixel_size_um, card.pixel_size_um, config
        )
        """Size ``(Y, X)`` of a prediction."""
        low, high = measure_grey_range(movie) if grey_range is None else grey_range
        read = _PlaneReader(movie, self.shape, network.stride, low, high)
        engine = engine_for(network, padded_shape(self.shape, network.stride), choice.placement, config)
        self._stream = frame_stream(engine, read, movie.n_frames, config, states)

    def predict(self, frame: int) -> Prediction:
        """Return the prediction of `frame`, ``(K, Y, X)`` of :attr:`shape`; fastest in order.

        Raises
        ------
        InvalidInputError
            If a frame holds NaN or infinite values, naming it.
        """
        height, width = self.shape
        return self._stream.predict(frame)[:, :height, :width]


@dataclass(frozen=True)
class _PlaneReader:
    """Reads a frame and brings it to the model's pixels, grey values and strides."""

    movie: Movie
    shape: tuple[int, int]
    stride: int
    low: float
    high: float

    def __call__(self, frame: int) -> Plane:
        """Return frame `frame`, padded."""
        image = self.movie.frame(frame)
        require_finite(image, f"Frame {frame} of '{self.movie.name}'")
        grey = scale_grey(resample_values(image, self.shape), self.low, self.high)
        return pad_to_stride(grey, self.stride)
