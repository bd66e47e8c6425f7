"""Protrusion tips from a network's output for them."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.data.movie import Movie
from podia.networks.inference import tips
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.tips import find_network_tips, tips_of_prediction
from podia.networks.outputs.binary import Binary


def with_discs(*places: tuple[int, int], shape: tuple[int, int] = (20, 30)) -> NDArray[np.float32]:
    """A mask that is sure of nothing, and tips of probability 0.9 on discs of radius 2."""
    rows, columns = np.mgrid[: shape[0], : shape[1]]
    prediction = np.full((2, *shape), 0.5, np.float32)
    prediction[1] = 0.1
    for y, x in places:
        prediction[1][np.hypot(rows - y, columns - x) <= 2] = 0.9
    return prediction


def test_each_disc_is_a_tip_at_its_centre() -> None:
    found = tips_of_prediction(with_discs((5, 7), (12, 20)), Binary())
    np.testing.assert_allclose(found, [[5, 7, 0.9], [12, 20, 0.9]], rtol=1e-6)


def test_nothing_above_the_threshold_is_no_tip() -> None:
    assert tips_of_prediction(with_discs((5, 7)), Binary(), threshold=0.95).shape == (0, 3)


def test_a_network_without_that_output_is_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"no output for protrusion tips. Train one"):
        tips_of_prediction(with_discs()[:1], Binary())


def test_positions_are_in_pixels_of_the_movie(monkeypatch: pytest.MonkeyPatch) -> None:
    predicted = SimpleNamespace(
        shape=(20, 30), head=Binary(), predict=lambda frame: with_discs((5, 7 + frame))
    )
    monkeypatch.setattr(tips, "MoviePredictor", lambda *_: predicted)
    movie = Movie.from_array(np.zeros((2, 40, 60), np.uint8))  # its pixels are half as large
    found = find_network_tips(movie, InferenceConfig())
    # The centre of a large pixel lies between the two small ones that it covers.
    np.testing.assert_allclose(found[["frame", "y", "x"]], [[0, 10.5, 14.5], [1, 10.5, 16.5]])
