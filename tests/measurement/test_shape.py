"""Moments, place and grey values against geometry and against scikit-image."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.measure import regionprops

from podia.measurement.regions import find_regions
from podia.measurement.shape import ellipse, grey_values, size_and_place
from podia.testing.drawn_cells import disc, grid

SMALL_LABELS = arrays(np.int32, (9, 11), elements=st.sampled_from([0, 0, 3, 4, 70_000]))


def ellipse_of(mask: np.ndarray) -> dict[str, float]:
    columns = ellipse(find_regions(mask.astype(np.int32)))
    return {name: float(values[0]) for name, values in columns.items()}


def slanted_ellipse(angle_deg: float) -> np.ndarray:
    y, x = grid(121)
    angle = np.radians(angle_deg)
    along = (x - 60) * np.cos(angle) - (y - 60) * np.sin(angle)
    across = (x - 60) * np.sin(angle) + (y - 60) * np.cos(angle)
    return (along / 40) ** 2 + (across / 20) ** 2 <= 1


@settings(max_examples=40, deadline=None)
@given(SMALL_LABELS)
def test_moments_agree_with_scikit_image(labels):
    regions = find_regions(labels)
    columns = size_and_place(regions) | ellipse(regions)
    expected = regionprops(labels)
    assert regions.labels.tolist() == [region.label for region in expected]
    for i, region in enumerate(expected):
        assert columns["area"][i] == region.area
        assert (columns["y"][i], columns["x"][i]) == pytest.approx(region.centroid)
        assert tuple(columns[f"bbox_{side}"][i] for side in ("top", "left", "bottom", "right")) == region.bbox
        assert columns["major_axis"][i] == pytest.approx(region.axis_major_length, abs=1e-6)
        assert columns["minor_axis"][i] == pytest.approx(region.axis_minor_length, abs=1e-6)


def test_an_ellipse_has_its_axes():
    measured = ellipse_of(slanted_ellipse(0))
    # A drawn ellipse has its moments to about a pixel's fraction of its axes.
    assert measured["major_axis"] == pytest.approx(80, rel=0.005)
    assert measured["minor_axis"] == pytest.approx(40, rel=0.005)
    assert measured["aspect_ratio"] == pytest.approx(2, rel=0.005)
    assert measured["eccentricity"] == pytest.approx(np.sqrt(0.75), rel=0.005)


@pytest.mark.parametrize("angle", [-80, -45, -10, 0, 30, 45, 89, 90])
def test_orientation_is_counter_clockwise_from_the_x_axis(angle):
    assert ellipse_of(slanted_ellipse(angle))["orientation"] == pytest.approx(angle, abs=0.3)


def test_orientation_of_an_upright_line_is_plus_90():
    mask = np.zeros((9, 5))
    mask[1:8, 2] = 1
    assert ellipse_of(mask)["orientation"] == 90


def test_a_disc_has_no_orientation():
    assert np.isnan(ellipse_of(disc(20))["orientation"])


@pytest.mark.parametrize("diagonal", [False, True])
def test_a_line_of_pixels_has_no_width_and_no_aspect_ratio(diagonal):
    mask = np.eye(12) if diagonal else np.pad(np.ones((1, 12)), 2)
    measured = ellipse_of(mask)
    assert measured["minor_axis"] == 0
    assert np.isnan(measured["aspect_ratio"])
    assert measured["eccentricity"] == 1


def test_of_a_single_pixel_only_size_and_place_are_defined():
    mask = np.zeros((5, 5))
    mask[2, 3] = 1
    measured = ellipse_of(mask)
    assert measured["major_axis"] == measured["minor_axis"] == 0
    assert np.isnan([measured["aspect_ratio"], measured["eccentricity"], measured["orientation"]]).all()


@pytest.mark.parametrize(
    ("rows", "cols", "touches"),
    [
        ((0, 3), (2, 4), True),
        ((5, 8), (2, 4), True),
        ((2, 4), (0, 3), True),
        ((2, 4), (6, 9), True),
        ((1, 7), (1, 8), False),
    ],
)
def test_a_cell_touches_the_border_on_any_side(rows, cols, touches):
    labels = np.zeros((8, 9), np.int32)
    labels[slice(*rows), slice(*cols)] = 5
    assert size_and_place(find_regions(labels))["touches_border"].tolist() == [touches]


def test_grey_values_are_of_the_cell_alone_and_exact_on_a_high_level():
    labels = np.array([[1, 1, 0], [2, 2, 0]], np.int32)
    image = np.array([[1, 3, 99], [5, 5, 99]]) + 1e9
    columns = grey_values(find_regions(labels), image)
    assert columns["intensity_mean"].tolist() == [1e9 + 2, 1e9 + 5]
    assert columns["intensity_std"].tolist() == [1, 0]
