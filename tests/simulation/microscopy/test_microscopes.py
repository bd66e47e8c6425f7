from dataclasses import replace

import numpy as np
import pytest

from podia.simulation.microscopy.microscopes import (
    MODALITIES,
    Brightfield,
    Dic,
    Oblique,
    PhaseContrast,
    draw_microscope,
)

EDGE = 64


def disc(phase_rad: float, radius: float = 9.0) -> np.ndarray:
    rows, columns = np.mgrid[:EDGE, :EDGE] - (EDGE - 1) / 2
    return (phase_rad * (np.hypot(rows, columns) < radius)).astype(np.float32)


@pytest.mark.parametrize("modality", MODALITIES)
def test_empty_specimen_is_one_everywhere(modality):
    for seed in range(5):
        microscope = draw_microscope(np.random.default_rng(seed), modality)
        image = microscope.image(np.zeros((EDGE, 48), np.float32))
        assert image.shape == (EDGE, 48)
        np.testing.assert_allclose(image, 1.0, atol=1e-3)


@pytest.mark.parametrize("negative", [False, True])
def test_thin_cell_in_phase_contrast_has_a_halo_of_the_opposite_sign(negative):
    image = PhaseContrast(halo_px=6.0, negative=negative).image(disc(0.2))
    rows, columns = np.mgrid[:EDGE, :EDGE] - (EDGE - 1) / 2
    r = np.hypot(rows, columns)
    sign = 1 if negative else -1
    assert sign * (image[r < 8].mean() - 1) > 0.02
    assert sign * (image[(r > 11) & (r < 14)].mean() - 1) < 0


def test_pure_phase_is_invisible_in_focused_brightfield_and_from_all_sides():
    # Up to what the blur takes away at the edge of the disc.
    phase = disc(0.2)
    for microscope in (
        Brightfield(defocus_px2=0, absorption=0, blur_px=0.01),
        Oblique(dimming=0, blur_px=0.01),
    ):
        np.testing.assert_allclose(microscope.image(phase), 1.0, atol=1e-3)


def test_defocus_to_the_other_side_reverses_the_contrast_of_a_thin_cell():
    above = Brightfield(defocus_px2=4, absorption=0).image(disc(0.01)) - 1
    below = Brightfield(defocus_px2=-4, absorption=0).image(disc(0.01)) - 1
    assert np.abs(above + below).max() < 0.1 * np.abs(above).max()


@pytest.mark.parametrize("microscope", [Dic(angle=0.3), Oblique(angle=0.3)])
def test_turning_specimen_and_light_turns_the_image(microscope):
    phase = disc(0.5)
    phase[20:30, 12:50] += 0.3
    turned = replace(microscope, angle=microscope.angle - np.pi / 2).image(np.rot90(phase).copy())
    np.testing.assert_allclose(turned, np.rot90(microscope.image(phase)), atol=2e-3)


def test_dic_shows_slopes_along_its_shear_only():
    ramp = np.broadcast_to(np.linspace(0, 3, EDGE, dtype=np.float32), (EDGE, EDGE)).copy()
    inner = np.s_[8:-8, 8:-8]
    along, across = Dic(angle=0.0).image(ramp)[inner], Dic(angle=np.pi / 2).image(ramp)[inner]
    assert abs(along.mean() - 1) > 0.05
    np.testing.assert_allclose(across, 1.0, atol=0.01)
