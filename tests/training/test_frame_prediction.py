"""Validation sees frames as a run does."""

from __future__ import annotations

import numpy as np
import pytest

from annotated_movies import annotated
from podia.networks.grey_scaling import scale_grey
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.streaming import frame_stream
from podia.networks.inference.torch_engine import TorchEngine
from podia.networks.models.network import Network
from podia.testing.small_movies import as_phase_contrast, crawling_discs
from podia.training.data.annotated import UsableMovie
from podia.training.frame_prediction import predict_frame
from small_networks import build_small
from tiny_trainings import tiny_recipe

LABELS = crawling_discs(8)
MOVIE = annotated(as_phase_contrast(LABELS), LABELS)


def in_a_run(network: Network) -> list[np.ndarray]:
    images = [scale_grey(image.astype(np.float32), *MOVIE.grey_range) for image in as_phase_contrast(LABELS)]
    stream = frame_stream(TorchEngine(network), lambda frame: images[frame], len(images), InferenceConfig())
    return [stream.predict(frame) for frame in range(len(images))]


def in_validation(network: Network, frame: int) -> np.ndarray:
    return predict_frame(network, UsableMovie.whole(MOVIE), frame, tiny_recipe())


@pytest.mark.parametrize("situation", ["b3", "b3-2d"])
def test_windows_and_single_frames_are_those_of_a_run(situation: str) -> None:
    network = build_small(situation)
    for frame, expected in enumerate(in_a_run(network)):
        np.testing.assert_allclose(in_validation(network, frame), expected, atol=1e-5)


@pytest.mark.parametrize("situation", ["podia", "podia, looking ahead", "u-lstm-decoder"])
def test_a_memory_begins_as_in_a_run(situation: str) -> None:
    network = build_small(situation)
    n_context = tiny_recipe().validation.context_frames
    for frame, expected in enumerate(in_a_run(network)[: n_context + 1]):
        np.testing.assert_allclose(in_validation(network, frame), expected, atol=1e-5)


def test_a_single_picture_has_no_memory_before_it() -> None:
    network = build_small("podia")
    picture = annotated(as_phase_contrast(LABELS)[:1], LABELS[:1])
    alone = predict_frame(network, UsableMovie.whole(picture), 0, tiny_recipe())
    image = scale_grey(as_phase_contrast(LABELS)[0].astype(np.float32), *picture.grey_range)
    prediction, _ = TorchEngine(network).step(image, None)
    np.testing.assert_allclose(alone, prediction, atol=1e-5)
