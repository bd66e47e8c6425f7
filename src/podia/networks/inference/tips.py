"""Protrusion tips predicted by a network with a tip output (Gómez-de-Mariscal et al. 2021, figure 5)."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.data.movie import Movie
from podia.labels.spot_detection import find_spots
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.predictor import MoviePredictor
from podia.networks.inference.resampling import resample_positions
from podia.networks.inference.resolve import ResolvedModel, choose_model
from podia.networks.outputs.base import Output

DEFAULT_THRESHOLD = 0.5
"""Probability of a tip above which pixels are part of one."""


def tips_of_prediction(
    prediction: NDArray[np.float32],
    head: Output[Any, Any],
    *,
    threshold: float = DEFAULT_THRESHOLD,
    frame_shape: tuple[int, int] | None = None,
) -> NDArray[np.float64]:
    """Return the tips in a prediction ``(K, Y, X)``: ``(N, 3)`` of y, x (px) and probability.

    Networks are trained on discs around tips, so each 8-connected region above the threshold is one tip, at its centre
    of mass. Positions are in pixels of a frame of size `frame_shape`. Default: pixels of the prediction.

    Raises
    ------
    InvalidInputError
        If the prediction has no tip channel after the channels of the head.
    """
    n_channels = head.n_channels
    if len(prediction) <= n_channels:
        raise InvalidInputError(
            "The network has no output for protrusion tips. Train one with --set network.tips=true."
        )
    found = find_spots(prediction[n_channels], threshold=threshold, method="moments")
    if frame_shape is not None:
        found[:, :2] = resample_positions(found[:, :2], prediction.shape[1:], frame_shape)
    return found


def find_network_tips(
    movie: Movie,
    config: InferenceConfig,
    *,
    model: ResolvedModel | None = None,
    threshold: float = DEFAULT_THRESHOLD,
) -> pd.DataFrame:
    """Return the tips of all frames: ``frame``, ``y``, ``x`` (px of the movie), ``score`` (probability).

    Parameters
    ----------
    movie
        The movie.
    config
        Model and inference settings.
    model
        Result of :func:`~podia.networks.inference.resolve.choose_model` for `config`. Default: chosen now.
    threshold Minimum tip probability of a pixel.

    Raises
    ------
    InvalidInputError, MissingDependencyError, ConfigurationError
        As :func:`podia.networks.inference.resolve.choose_model`; also if the network has no tip output.
    """
    predictor = MoviePredictor(movie, choose_model(config) if model is None else model, config)
    tables = []
    for frame in range(movie.n_frames):
        found = tips_of_prediction(
            predictor.predict(frame), predictor.head, threshold=threshold, frame_shape=movie.frame_shape
        )
        tables.append(pd.DataFrame(found, columns=["y", "x", "score"]).assign(frame=frame))
    return pd.concat(tables, ignore_index=True)[["frame", "y", "x", "score"]]
