from __future__ import annotations

import numpy as np
import pytest

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.movie import Movie
from podia.preprocessing.config import IlluminationConfig
from podia.preprocessing.illumination import correct_illumination
from podia.testing.counted_frames import CountedFrames

SHAPE = (120, 150)


def shading() -> np.ndarray:
    """Falls from 1.2 to 0.8 across the frame."""
    return np.broadcast_to(np.linspace(1.2, 0.8, SHAPE[1]), SHAPE)


@pytest.mark.parametrize("scope", ["movie", "frame"])
def test_shaded_empty_field_becomes_even(scope):
    movie = Movie.from_array((100 * shading()[None]).repeat(3, axis=0).astype(np.float32))
    config = IlluminationConfig(scale="20 px", scope=scope)
    corrected = correct_illumination(movie, config).frame(1)
    inner = corrected[:, 20:-20]
    # At the edges the Gaussian sees only one side of the slope; inside, nothing is left of the 40 %.
    assert np.ptp(inner) < 1.0
    assert corrected.mean() == pytest.approx(100, abs=1)


def test_stray_light_is_subtracted():
    movie = Movie.from_array((100 * shading()[None]).astype(np.float32))
    corrected = correct_illumination(movie, IlluminationConfig(scale="20 px", method="subtract")).frame(0)
    assert np.ptp(corrected[:, 20:-20]) < 1.0


def test_movie_scope_keeps_a_cell_that_moves_on():
    frames = (100 * shading()[None]).repeat(9, axis=0)
    for index in range(9):
        frames[index, 40:70, 15 * index : 15 * index + 15] *= 0.5
    movie = Movie.from_array(frames.astype(np.float32))
    config = IlluminationConfig(scale="16 px")
    corrected = correct_illumination(movie, config).frame(4)
    # Divided by the background of the cell-free median, its contrast stays one half.
    assert corrected[45:65, 62:73].mean() / corrected[90:110, 62:73].mean() == pytest.approx(0.5, abs=0.02)


def test_scale_is_physical():
    array = (100 * shading()[None]).astype(np.float32)
    by_um = correct_illumination(
        Movie.from_array(array, Calibration(pixel_size_um=0.5)), IlluminationConfig(scale="10 um")
    )
    by_px = correct_illumination(Movie.from_array(array), IlluminationConfig(scale="20 px"))
    np.testing.assert_array_equal(by_um.frame(0), by_px.frame(0))


def test_movie_background_reads_no_more_than_the_sampled_frames():
    source = CountedFrames(np.full((50, 20, 20), 9, np.uint8))
    correct_illumination(Movie(source), IlluminationConfig(n_sampled_frames=5))
    assert sum(source.reads.values()) == 5
    assert {0, 49} <= set(source.reads)


def test_dividing_by_a_background_of_zero_is_refused():
    movie = Movie.from_array(np.zeros((1, 20, 20), np.uint8))
    with pytest.raises(InvalidInputError, match="division needs a positive background"):
        correct_illumination(movie).frame(0)
