"""PHANTAST and EGT: what both must do, and what each does on its own."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage as ndi

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.segmentation.config import EgtConfig, HaloConfig, PhantastConfig
from podia.segmentation.egt import egt_foreground, gradient_percentile
from podia.segmentation.phantast import local_contrast, phantast_foreground
from podia.testing.phase_contrast import BACKGROUND, disc, iou, phase_contrast

SHAPE = (160, 200)
CELL = disc(SHAPE, (80, 90), 30)
METHODS = [
    pytest.param(phantast_foreground, id="phantast"),
    pytest.param(egt_foreground, id="egt"),
]


@pytest.mark.parametrize("foreground", METHODS)
def test_dark_disc_with_halo_is_found_and_the_halo_is_not(foreground):
    found = foreground(phase_contrast(CELL))
    assert iou(found, CELL) > 0.85
    # The halo's outer half is background.
    assert not found[disc(SHAPE, (80, 90), 80) & ~disc(SHAPE, (80, 90), 34)].any()


@pytest.mark.parametrize("foreground", METHODS)
def test_uneven_background_is_not_foreground(foreground):
    image = phase_contrast(CELL).astype(float)
    image *= np.linspace(0.8, 1.2, SHAPE[1])
    assert iou(foreground(np.clip(image, 0, 255).astype(np.uint8)), CELL) > 0.8


@pytest.mark.parametrize("foreground", METHODS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_constant_image_has_no_foreground(foreground, dtype):
    for value in (0, 100):
        assert not foreground(np.full((40, 50), value, dtype)).any()


@pytest.mark.parametrize("foreground", METHODS)
def test_shift_of_the_image_shifts_the_foreground(foreground):
    # Rolled, and so with the same pixels all over the frame; noise-free edges meet.
    image = phase_contrast(CELL, noise=0)
    expected = np.roll(foreground(image), (13, -21), axis=(0, 1))
    np.testing.assert_array_equal(foreground(np.roll(image, (13, -21), axis=(0, 1))), expected)


@pytest.mark.parametrize("foreground", METHODS)
def test_quarter_turn_of_the_image_turns_the_foreground(foreground):
    image = phase_contrast(CELL).astype(np.float32)
    # No two neighbours are equal, so that no direction is chosen by its place in a list.
    image += np.random.default_rng(1).uniform(-0.4, 0.4, SHAPE).astype(np.float32)
    turned = foreground(np.rot90(image).copy())
    assert (turned != np.rot90(foreground(image))).sum() <= 2


@pytest.mark.parametrize("foreground", METHODS)
def test_grey_values_twice_as_large_change_nothing(foreground):
    image = phase_contrast(CELL).astype(np.uint16)
    np.testing.assert_array_equal(foreground(2 * image), foreground(image))


def test_egt_does_not_see_an_offset_of_the_camera():
    image = phase_contrast(CELL).astype(np.uint16)
    np.testing.assert_array_equal(egt_foreground(image + 1000), egt_foreground(image))


def test_phantast_sees_an_offset_as_less_contrast():
    image = phase_contrast(CELL).astype(np.uint16)
    assert phantast_foreground(image + 10_000).sum() == 0


@pytest.mark.parametrize("foreground", METHODS)
def test_sizes_are_physical(foreground):
    """The same cell with half the pixel size has four times the pixels and the same outline."""
    fine = ndi.zoom(phase_contrast(CELL).astype(np.float32), 2, order=1)
    found = foreground(fine, calibration=Calibration(pixel_size_um=0.5))
    assert iou(found[::2, ::2], CELL) > 0.8


@pytest.mark.parametrize("foreground", METHODS)
def test_input_is_not_changed(foreground):
    image = phase_contrast(CELL)
    before = image.copy()
    foreground(image)
    assert (image == before).all()


def test_without_halo_correction_the_halo_is_foreground():
    image = phase_contrast(CELL)
    with_halo = phantast_foreground(image, PhantastConfig(halo=HaloConfig(enabled=False)))
    assert with_halo.sum() > 1.25 * CELL.sum()
    assert iou(with_halo, CELL) < iou(phantast_foreground(image), CELL)


def test_greedier_egt_finds_more():
    image = phase_contrast(CELL)
    no_halo = HaloConfig(enabled=False)
    areas = [egt_foreground(image, EgtConfig(greedy=g, halo=no_halo)).sum() for g in (-20, 0, 20)]
    assert areas == sorted(areas)
    assert areas[0] < areas[-1]


def test_local_contrast_of_a_step_is_half_the_step_over_the_mean():
    # In the middle of a step from 80 to 120 the window holds both halves: std 20, mean 100.
    image = np.full((41, 40), 80.0)
    image[:, 20:] = 120.0
    contrast = local_contrast(image, 3.0)
    assert contrast[20, 19:21].mean() == pytest.approx(0.2, abs=0.01)
    assert contrast[20, 0] == pytest.approx(0, abs=1e-4)


def test_negative_grey_values_are_refused_by_phantast():
    with pytest.raises(InvalidInputError, match="grey values of 0 and above, found -3"):
        phantast_foreground(np.full((9, 9), -3.0))


def histogram_with(mode: int, share_beyond: float) -> np.ndarray:
    """1000 bins of width 1: a peak three bins wide around `mode`, and `share_beyond` percent spread above it."""
    peak = np.repeat([mode - 1.0, mode, mode + 1.0], [3000, 4000, 3000])
    far = np.linspace(4 * mode, 17 * mode, round(10_000 * share_beyond / (100 - share_beyond)))
    return np.concatenate([[0.0], peak, far, [1000.0]]).astype(np.float32)


@pytest.mark.parametrize(
    ("share_beyond", "percentile"),
    [
        (1.0, 98),  # the line gives 98 at 1 %
        (3.0, 95),  # its two fixed points (NIST's saturation 1 ...
        (42.0, 40),  # ... and 2)
        (22.5, 68),  # half-way: 67.5, rounded up
        (70.0, 25),  # never lower
    ],
)
def test_the_more_gradient_lies_beyond_the_peak_the_lower_the_percentile(share_beyond, percentile):
    found = gradient_percentile(histogram_with(20, share_beyond))
    assert found == pytest.approx(percentile, abs=1)


def test_background_keeps_its_grey_value_in_the_drawn_image():
    assert phase_contrast(CELL)[:20, :20].mean() == pytest.approx(BACKGROUND, abs=0.5)
