"""Perimeter, hull and Feret diameters against geometry, scikit-image and brute force."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import perimeter_crofton

from podia.measurement.boundary import crofton_perimeter, hull_measures, outline_measures
from podia.measurement.regions import find_regions
from podia.measurement.shape import size_and_place
from podia.testing.drawn_cells import disc

TOUCHING_LABELS = arrays(np.int32, (7, 8), elements=st.sampled_from([0, 1, 1, 2, 9]))
SMALL_MASKS = arrays(np.bool_, (6, 7), elements=st.booleans())


def outline_of(mask: np.ndarray) -> dict[str, float]:
    regions = find_regions(np.pad(mask, 1).astype(np.int32))
    columns = outline_measures(regions, size_and_place(regions)["area"])
    return {name: float(values[0]) for name, values in columns.items()}


@settings(max_examples=40, deadline=None)
@given(TOUCHING_LABELS)
def test_perimeters_of_touching_cells_are_those_of_each_cell_alone(labels):
    regions = find_regions(labels)
    expected = [perimeter_crofton(labels == label) for label in regions.labels]
    assert crofton_perimeter(regions) == pytest.approx(expected)


def test_a_disc_is_round():
    measured = outline_of(disc(40))
    # Crofton's formula in four directions is within 1 % on a disc of this size.
    assert measured["perimeter"] == pytest.approx(2 * math.pi * 40, rel=0.01)
    assert measured["circularity"] == pytest.approx(1, abs=0.02)
    assert measured["shape_index"] == pytest.approx(2 * math.sqrt(math.pi), rel=0.01)
    # The corners of the pixels stick out by up to 0.7 px.
    assert measured["solidity"] == pytest.approx(1, abs=0.03)
    assert 80 <= measured["feret_min"] <= measured["feret_max"] <= 82


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 2), (3, 8), (20, 21)])
def test_the_hull_of_a_rectangle_is_the_rectangle(height, width):
    measured = outline_of(np.ones((height, width), bool))
    assert measured["solidity"] == pytest.approx(1)
    assert measured["feret_max"] == pytest.approx(math.hypot(height, width))
    assert measured["feret_min"] == pytest.approx(min(height, width))


def test_two_pixels_that_meet_at_a_corner():
    # The hull is a hexagon: two unit squares and the two triangles between them.
    area, feret_max, feret_min = hull_measures(np.pad(np.eye(2, dtype=bool), 1))
    assert area == pytest.approx(3)
    assert feret_max == pytest.approx(2 * math.sqrt(2))
    assert feret_min == pytest.approx(math.sqrt(2))


@settings(max_examples=40, deadline=None)
@given(SMALL_MASKS)
def test_feret_diameters_agree_with_brute_force(mask):
    assume(mask.any())
    rows, cols = np.nonzero(mask)
    corners = np.array(
        [(y + dy, x + dx) for y, x in zip(rows, cols, strict=True) for dy in (0, 1) for dx in (0, 1)]
    )
    _, feret_max, feret_min = hull_measures(np.pad(mask, 1))
    between = np.hypot(*(corners[:, None] - corners[None]).reshape(-1, 2).T)
    assert feret_max == pytest.approx(between.max())
    # The least width stands on a line through two corners.
    directions = (corners[:, None] - corners[None]).reshape(-1, 2)[between > 0]
    widths = np.ptp(corners @ np.stack([-directions[:, 1], directions[:, 0]]), axis=0)
    assert feret_min == pytest.approx((widths / between[between > 0]).min())


def test_a_hole_counts_to_the_perimeter_but_not_to_the_hull():
    full, hollow = np.ones((20, 20), bool), np.ones((20, 20), bool)
    hollow[5:15, 5:15] = False
    assert outline_of(hollow)["perimeter"] > outline_of(full)["perimeter"] + 30
    assert outline_of(hollow)["feret_max"] == outline_of(full)["feret_max"]
    assert outline_of(hollow)["solidity"] == pytest.approx(0.75)
