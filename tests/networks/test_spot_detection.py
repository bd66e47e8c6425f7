from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.labels.spot_detection import find_spots
from podia.networks.outputs.cells_and_spots import CellsAndSpots, CellsAndSpotsDecode

BOTH = CellsAndSpots()


def spots_at(*places: tuple[float, float], sigma: float = 3.0, height: float = 1.0) -> np.ndarray:
    """Heights ``(40, 50)`` of Gaussian spots."""
    y, x = np.mgrid[:40, :50]
    each = [height * np.exp(-((y - py) ** 2 + (x - px) ** 2) / (2 * sigma**2)) for py, px in places]
    return np.max(each, axis=0).astype(np.float32)


@settings(max_examples=25, deadline=None)
@given(st.floats(5, 34), st.floats(5, 44), st.floats(1.5, 5), st.floats(0.6, 1.5))
def test_maxima_lie_between_pixels_where_the_spot_does(y, x, sigma, height):
    (found,) = find_spots(spots_at((y, x), sigma=sigma, height=height))
    assert found[:2] == pytest.approx([y, x], abs=1e-3)
    assert found[2] <= height + 1e-6


def test_moments_are_the_centres_of_mass_of_what_exceeds_the_threshold():
    prediction = np.zeros((10, 10), np.float32)
    prediction[4, 3:6] = [0.6, 0.8, 1.0]
    prediction[8, 8] = 0.4
    (found,) = find_spots(prediction, method="moments")
    assert found == pytest.approx([4, (0.6 * 3 + 0.8 * 4 + 1.0 * 5) / 2.4, 1.0])


def test_moments_of_a_spot_off_the_edge_are_near_its_centre():
    (found,) = find_spots(spots_at((20.3, 17.6), sigma=4), method="moments")
    assert found[:2] == pytest.approx([20.3, 17.6], abs=0.1)


def test_moments_join_spots_that_maxima_tell_apart():
    prediction = spots_at((20, 20), (20, 26))
    assert len(find_spots(prediction)) == 2
    assert len(find_spots(prediction, method="moments")) == 1


def test_of_maxima_within_the_least_distance_the_highest_counts():
    prediction = np.maximum(spots_at((20, 20)), spots_at((20, 32), height=0.8))
    assert len(find_spots(prediction)) == 2
    (found,) = find_spots(prediction, distance_px=15)
    assert found[:2] == pytest.approx([20, 20], abs=1e-3)


def test_spots_come_from_the_top():
    found = find_spots(spots_at((30, 10), (8, 40), (8, 12)))
    np.testing.assert_allclose(found[:, :2], [(8, 12), (8, 40), (30, 10)], atol=1e-3)


@pytest.mark.parametrize("method", ["maxima", "moments"])
def test_a_frame_without_a_spot_gives_none(method):
    assert find_spots(np.zeros((8, 9), np.float32), method=method).shape == (0, 3)


def test_a_maximum_on_the_frames_edge_stays_on_it():
    (found,) = find_spots(spots_at((-2, 20)))
    assert found[0] == 0.0
    assert found[1] == pytest.approx(20, abs=1e-3)


def test_both_heads_at_once_keep_spots_in_the_second_channel():
    prediction = np.stack((np.ones((40, 50), np.float32), spots_at((11, 13))))
    (found,) = BOTH.find_spots(prediction)
    assert found[:2] == pytest.approx([11, 13], abs=1e-3)


def test_cells_are_flooded_from_spots_over_the_foreground():
    cell = np.zeros((1, 40, 50), np.float32)
    cell[0, 5:25, 5:45] = 0.9  # two touching cells
    cell[0, 32:38, 4:10] = 0.9  # nothing is centred on this
    labels = BOTH.decode(np.concatenate((cell, spots_at((15, 15), (15, 35), (35, 40))[None])))
    assert labels.max() == 4
    assert labels[6, 6] == 1
    assert labels[24, 44] == 2
    assert abs(np.count_nonzero(labels == 1) - np.count_nonzero(labels == 2)) <= 2 * 20, "but for a column"
    assert np.count_nonzero(labels == labels[35, 40]) == 13, "a spot beside the foreground becomes a disc"
    assert np.count_nonzero(labels == labels[35, 7]) == 36, "and a patch without a spot a cell"


def test_a_cell_that_only_a_spot_finds_is_kept_whatever_the_least_area_of_cells():
    cell = np.zeros((1, 40, 50), np.float32)
    cell[0, 5:25, 5:25] = 0.9
    cell[0, 32:38, 4:10] = 0.9  # debris
    prediction = np.concatenate((cell, spots_at((15, 15), (35, 40))[None]))
    labels = BOTH.decode(prediction, CellsAndSpotsDecode(min_area_px=100))
    assert np.bincount(labels.ravel())[1:].tolist() == [400, 13]
    assert (labels[15, 15], labels[35, 40]) == (1, 2)


def test_maxima_are_as_far_apart_as_asked_in_every_direction():
    diagonal = np.maximum(spots_at((20, 20), sigma=1), spots_at((28, 28), sigma=1, height=0.8))  # 11.3 px
    assert len(find_spots(diagonal, distance_px=11)) == 2
    assert len(find_spots(diagonal, distance_px=12)) == 1


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10_000), st.integers(1, 30), st.integers(1, 30), st.sampled_from([1, 1.5, 2.5, 5, 9, 40])
)
def test_maxima_are_those_of_a_search_of_all_pixels(seed, height, width, distance):
    heights = (
        np.random.default_rng(seed).permutation(height * width).reshape(height, width).astype(np.float32)
    )
    scaled = (heights + 1) / (heights.size + 1)
    pixels = np.argwhere(np.ones(heights.shape, bool))
    gaps = pixels[:, None] - pixels[None]
    near = (np.hypot(*np.moveaxis(gaps, -1, 0)) < distance) | (np.abs(gaps).max(axis=-1) <= 1)
    highest = np.array([scaled.ravel()[of].max() for of in near]) == scaled.ravel()
    expected = np.sort(scaled.ravel()[highest & (scaled.ravel() > 0.3)]) if heights.size > 1 else []
    found = find_spots(scaled, threshold=0.3, distance_px=distance)
    np.testing.assert_array_equal(np.sort(found[:, 2]), expected)


def test_of_a_flat_top_one_pixel_counts():
    flat = np.zeros((30, 40), np.float32)
    flat[10:13, 20:23] = 0.9
    assert len(find_spots(flat)) == 1
    assert find_spots(np.full((30, 40), 0.9, np.float32)).shape == (0, 3)


def test_spots_have_a_threshold_of_their_own():
    cell = np.full((1, 40, 50), 0.4, np.float32)
    low = np.concatenate((cell, 0.3 * spots_at((15, 15))[None]))
    assert BOTH.find_spots(low).shape == (0, 3)
    config = CellsAndSpotsDecode(spot_threshold=0.2)
    assert len(BOTH.find_spots(low, config)) == 1
    assert np.count_nonzero(BOTH.decode(low, config)) == 13, "the foreground's stays: a disc alone"
