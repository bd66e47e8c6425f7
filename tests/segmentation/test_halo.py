from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from podia.data.calibration import Calibration
from podia.segmentation.config import HaloConfig
from podia.segmentation.halo import correct_halo, steepest_rise
from podia.testing.phase_contrast import disc

SHAPE = (101, 101)
CENTRE = (50, 50)


def crest(radius: float, width: float = 3.0) -> np.ndarray:
    """A bright ring, highest at `radius`."""
    y, x = np.ogrid[: SHAPE[0], : SHAPE[1]]
    return 100 + 50 * np.exp(-(((np.hypot(y - CENTRE[0], x - CENTRE[1]) - radius) / width) ** 2))


@pytest.mark.parametrize("crest_radius", [15, 20, 25])
def test_outline_walks_up_to_the_crest_and_stops(crest_radius):
    image = crest(crest_radius)
    mask = disc(SHAPE, CENTRE, crest_radius + 5)
    corrected = correct_halo(image, mask, HaloConfig(max_depth="20 px"))
    radius = np.sqrt(corrected.sum() / np.pi)
    assert radius == pytest.approx(crest_radius, abs=1.0)


def test_outline_moves_no_further_than_its_depth():
    image = crest(10, width=15)  # one long slope
    mask = disc(SHAPE, CENTRE, 40)
    corrected = correct_halo(image, mask, HaloConfig(max_depth="4 px"))
    inner = ndi.distance_transform_edt(mask) > 4 * np.sqrt(2) + 1
    assert corrected[inner].all()


def test_depth_is_physical():
    image, mask = crest(10, width=15), disc(SHAPE, CENTRE, 40)
    by_um = correct_halo(image, mask, HaloConfig(max_depth="2 um"), Calibration(pixel_size_um=0.5))
    by_px = correct_halo(image, mask, HaloConfig(max_depth="4 px"))
    np.testing.assert_array_equal(by_um, by_px)


def test_an_object_stops_shrinking_once_its_share_is_gone():
    image = crest(2, width=30)  # rises all the way to the middle
    mask = disc(SHAPE, CENTRE, 20)
    corrected = correct_halo(image, mask, HaloConfig(max_depth="60 px", max_removed_fraction=0.5))
    # The last step may take one more ring of about 2 pi 14 px.
    assert 0.5 * mask.sum() - 90 < corrected.sum() < 0.6 * mask.sum()


def test_outline_of_a_dark_cell_without_a_halo_loses_at_most_a_pixel():
    mask = disc(SHAPE, CENTRE, 20)
    corrected = correct_halo(np.where(mask, 60.0, 100.0), mask, HaloConfig())
    # Walkers go outwards, but their cone takes them along the outline too.
    assert corrected[disc(SHAPE, CENTRE, 18)].all()


@pytest.mark.parametrize("grey", [0, 255])
def test_saturated_ground_has_no_way_up(grey):
    mask = disc(SHAPE, CENTRE, 20)
    image = np.full(SHAPE, grey, np.uint8)
    assert (steepest_rise(image) == -1).all()
    assert (correct_halo(image, mask, HaloConfig()) != mask).sum() <= 8  # the corners of a drawn disc


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_correction_without_smoothing_only_takes_away(seed):
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 255, (40, 40)).astype(np.uint8)
    mask = ndi.gaussian_filter(rng.normal(size=(40, 40)), 3) > 0
    corrected = correct_halo(image, mask, HaloConfig())
    # Smoothing by majority may give back one pixel next to the mask, no more.
    assert not corrected[~ndi.binary_dilation(mask, np.ones((3, 3)))].any()


@pytest.mark.parametrize(
    ("step", "direction"),
    [
        ((0, 1), 0),
        ((-1, 1), 1),
        ((-1, 0), 2),
        ((-1, -1), 3),
        ((0, -1), 4),
        ((1, -1), 5),
        ((1, 0), 6),
        ((1, 1), 7),
    ],
)
def test_steepest_rise_of_a_slope_points_up_it(step, direction):
    y, x = np.mgrid[:9, :9]
    slope = (step[0] * y + step[1] * x).astype(float)
    assert steepest_rise(slope)[4, 4] == direction


def test_steepest_rise_is_that_of_kirschs_operators():
    image = np.random.default_rng(0).integers(0, 255, (20, 25)).astype(float)
    ring = [(0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1), (1, 0), (1, 1)]
    responses = []
    for k in range(8):
        kernel = np.full((3, 3), -3.0)
        kernel[1, 1] = 0
        for neighbour in (k - 1, k, (k + 1) % 8):
            dy, dx = ring[neighbour]
            kernel[1 + dy, 1 + dx] = 5
        responses.append(ndi.correlate(image, kernel, mode="nearest"))
    np.testing.assert_array_equal(steepest_rise(image), np.argmax(responses, axis=0))
