"""Cells as polygons with the corners of pixels enclose exactly the same pixels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from podia.labels.corner_polygons import corner_polygons, fill_polygon


def _filled(image: np.ndarray) -> np.ndarray:
    drawn = np.zeros_like(image)
    for label, polygon in corner_polygons(image).items():
        rows, columns, inside = fill_polygon(polygon, image.shape)
        drawn[rows, columns][inside] = label
    return drawn


@given(image=arrays(np.int32, st.tuples(st.integers(1, 7), st.integers(1, 7)), elements=st.integers(0, 2)))
def test_any_mask_comes_back_exactly(image: np.ndarray) -> None:
    """Pieces, holes, diagonal neighbours and cells cut by the frame among them."""
    np.testing.assert_array_equal(_filled(image), image)


@given(image=arrays(np.int32, (5, 6), elements=st.integers(0, 1)))
def test_the_polygon_has_the_area_of_the_pixels(image: np.ndarray) -> None:
    for label, polygon in corner_polygons(image).items():
        y, x = polygon.T
        area = abs(np.sum(y * np.roll(x, -1) - x * np.roll(y, -1))) / 2
        assert area == (image == label).sum()


@pytest.mark.parametrize("shift", [-3.0, 0.0, 4.0])
def test_a_polygon_that_leaves_the_frame_is_cut(shift: float) -> None:
    square = np.array([(0.5, 0.5), (0.5, 3.5), (3.5, 3.5), (3.5, 0.5)]) + shift
    drawn = np.zeros((5, 5), bool)
    rows, columns, inside = fill_polygon(square, drawn.shape)
    drawn[rows, columns] = inside
    wanted = np.zeros((11, 11), bool)
    low = int(shift) + 3
    wanted[low + 1 : low + 4, low + 1 : low + 4] = True
    np.testing.assert_array_equal(drawn, wanted[3:8, 3:8])


def test_between_pixels_the_centre_decides() -> None:
    triangle = np.array([(0.0, 0.0), (4.0, 0.0), (0.0, 4.0)])
    _, _, inside = fill_polygon(triangle, (5, 5))
    assert inside.sum() == 4 + 3 + 2 + 1
