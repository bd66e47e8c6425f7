from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from podia.data.errors import InvalidInputError
from podia.data.grey_range import grey_range
from podia.data.movie import Movie
from podia.testing.counted_frames import CountedFrames

shapes = npst.array_shapes(min_dims=3, max_dims=3, min_side=1, max_side=6)


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from([np.uint8, np.uint16, np.int16]).flatmap(lambda t: npst.arrays(t, shapes)),
    st.floats(0, 49),
    st.floats(51, 100),
)
def test_percentiles_of_integer_movies_equal_those_over_all_pixels(array, low, high):
    found = grey_range(Movie.from_array(array), (low, high))
    # In int16, NumPy's own interpolation overflows between values that are more than 32767 apart.
    expected = np.percentile(array.astype(np.float64), [low, high])
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


def test_percentiles_of_a_float_movie_are_within_a_bin_of_the_exact_ones():
    array = np.random.default_rng(0).normal(5, 2, (6, 20, 20)).astype(np.float32)
    found = grey_range(Movie.from_array(array))
    bin_width = (array.max() - array.min()) / 65_535
    np.testing.assert_allclose(found, np.percentile(array, [0.1, 99.1]), atol=2 * bin_width)


@pytest.mark.parametrize(("dtype", "reads"), [(np.uint8, 1), (np.uint16, 1), (np.float32, 2)])
def test_every_frame_is_read_once_or_twice_if_float(dtype, reads):
    source = CountedFrames(np.arange(60).reshape(3, 4, 5).astype(dtype))
    grey_range(Movie(source))
    assert source.reads == {0: reads, 1: reads, 2: reads}


@pytest.mark.parametrize("dtype", [np.uint8, np.float32])
def test_a_constant_movie_has_one_value_at_both_ends(dtype):
    assert grey_range(Movie.from_array(np.full((2, 5, 5), 7, dtype))) == (7.0, 7.0)


def test_frame_with_nan_is_named():
    array = np.ones((3, 4, 4), np.float32)
    array[1, 2, 2] = np.nan
    with pytest.raises(InvalidInputError, match="Frame 1 of 'movie' holds 1 values that are NaN"):
        grey_range(Movie.from_array(array))
