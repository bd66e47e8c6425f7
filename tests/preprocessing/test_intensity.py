from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from counted_frames import CountedFrames
from podia.data.errors import ConfigurationError, InvalidInputError
from podia.data.movie import Movie
from podia.preprocessing.config import IntensityConfig
from podia.preprocessing.intensity import intensity_range, normalise

shapes = npst.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=6)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([np.uint8, np.uint16, np.int16]).flatmap(lambda t: npst.arrays(t, shapes)),
    st.floats(0, 49),
    st.floats(51, 100),
)
def test_percentiles_of_integer_movies_equal_those_over_all_pixels(array, low, high):
    config = IntensityConfig(low_percentile=low, high_percentile=high)
    found = intensity_range(Movie.from_array(array), config)
    np.testing.assert_allclose(found, np.percentile(array, [low, high]), rtol=1e-9, atol=1e-9)


def test_percentiles_of_a_float_movie_are_within_a_bin_of_the_exact_ones():
    array = np.random.default_rng(0).normal(5, 2, (6, 20, 20)).astype(np.float32)
    found = intensity_range(Movie.from_array(array))
    bin_width = (array.max() - array.min()) / 65_535
    np.testing.assert_allclose(found, np.percentile(array, [0.1, 99.1]), atol=2 * bin_width)


@pytest.mark.parametrize(("dtype", "reads"), [(np.uint8, 1), (np.uint16, 1), (np.float32, 2)])
def test_every_frame_is_read_once_or_twice_if_float(dtype, reads):
    source = CountedFrames(np.arange(60).reshape(3, 4, 5).astype(dtype))
    intensity_range(Movie(source))
    assert source.reads == {0: reads, 1: reads, 2: reads}


def test_normalised_movie_has_its_percentiles_at_zero_and_one_and_is_lazy():
    source = CountedFrames(np.random.default_rng(1).integers(0, 255, (4, 30, 30)).astype(np.uint8))
    movie = normalise(Movie(source))
    assert movie.dtype == np.float32
    assert max(source.reads.values()) == 1
    np.testing.assert_allclose(np.percentile(movie.to_array(), [0.1, 99.1]), [0, 1], atol=1e-6)


def test_known_range_is_used_without_reading_the_movie():
    source = CountedFrames(np.full((2, 3, 3), 150, np.uint8))
    movie = normalise(Movie(source), value_range=(100.0, 200.0))
    assert not source.reads
    assert (movie.frame(1) == 0.5).all()


def test_per_frame_scope_takes_out_a_change_of_the_lamp():
    frame = np.random.default_rng(2).integers(50, 100, (20, 20))
    movie = normalise(
        Movie.from_array(np.stack([frame, 2 * frame]).astype(np.uint8)), IntensityConfig(scope="frame")
    )
    np.testing.assert_allclose(movie.frame(0), movie.frame(1), atol=1e-6)


@pytest.mark.parametrize("scope", ["movie", "frame"])
@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_constant_movie_becomes_zeros_and_not_nan(scope, dtype):
    movie = normalise(Movie.from_array(np.full((2, 5, 5), 7, dtype)), IntensityConfig(scope=scope))
    assert (movie.to_array() == 0).all()


@pytest.mark.parametrize("scope", ["movie", "frame"])
def test_frame_with_nan_is_named(scope):
    array = np.ones((3, 4, 4), np.float32)
    array[1, 2, 2] = np.nan
    with pytest.raises(InvalidInputError, match="Frame 1 holds NaN"):
        normalise(Movie.from_array(array), IntensityConfig(scope=scope)).to_array()


def test_normalised_movie_can_be_pickled():
    movie = normalise(Movie.from_array(np.arange(24, dtype=np.uint8).reshape(2, 3, 4)))
    assert (pickle.loads(pickle.dumps(movie)).to_array() == movie.to_array()).all()


def test_percentiles_in_the_wrong_order_are_refused():
    with pytest.raises(ConfigurationError, match="must be below high_percentile"):
        IntensityConfig.parse({"low_percentile": 60, "high_percentile": 40})
