from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from podia.labels.discs import draw_discs

PLACES = st.lists(st.tuples(st.floats(-3, 33), st.floats(-3, 43)), max_size=8)


def test_a_disc_holds_the_pixels_within_its_radius():
    y, x = np.mgrid[:20, :30]
    np.testing.assert_array_equal(draw_discs([(9.3, 14.8)], (20, 30), 3.0), np.hypot(y - 9.3, x - 14.8) <= 3)


def test_without_points_there_is_background():
    assert not draw_discs(np.empty((0, 2)), (4, 5), 2.0).any()


@pytest.mark.parametrize("radius", [0.0, 0.3])
def test_the_smallest_disc_is_the_pixel_that_the_point_lies_in(radius):
    labels = draw_discs([(2.4, 3.6)], (6, 6), radius)
    assert np.argwhere(labels).tolist() == [[2, 4]]


def test_where_discs_overlap_pixels_go_to_the_nearest_point():
    labels = draw_discs([(5, 5), (5, 9)], (11, 15), 3.0)
    assert labels[5].tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 0, 0]


def test_the_frame_cuts_discs_and_drops_those_outside():
    labels = draw_discs([(0, 0), (-20, 4), (4, 50)], (6, 6), 2.0)
    assert np.unique(labels).tolist() == [0, 1]
    assert labels[:3, :3].tolist() == [[1, 1, 1], [1, 1, 0], [1, 0, 0]]


@settings(max_examples=40, deadline=None)
@given(PLACES, st.floats(0, 5))
def test_every_pixel_is_its_nearest_points_and_every_disc_one_piece(points, radius):
    labels = draw_discs(points, (30, 40), radius)
    for label in np.unique(labels[labels > 0]):
        assert ndi.label(labels == label, np.ones((3, 3)))[1] == 1
    for y, x in np.argwhere(labels).tolist():
        distances = [np.hypot(y - py, x - px) for py, px in points]
        assert distances[labels[y, x] - 1] == pytest.approx(min(distances))


def test_the_centroid_of_a_disc_is_its_point_to_a_tenth_of_a_pixel():
    rng = np.random.default_rng(0)
    for point in 10 + rng.random((20, 2)):
        centroid = np.argwhere(draw_discs([point], (21, 21), 3.0)).mean(0)
        assert np.hypot(*(centroid - point)) < 0.25
