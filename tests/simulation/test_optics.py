from __future__ import annotations

import numpy as np
import pytest

from podia.simulation.appearance import phase_of
from podia.simulation.config import SimulationConfig
from podia.simulation.masks import Window
from podia.simulation.optics import brightness, image_of, scattered, transfer
from simulated_cells import cell

SIZE = 64
PERIOD = 8.0
CONFIG = SimulationConfig(pixel_size_um=0.8)
REVERSED_AT_UM = PERIOD**2 * CONFIG.pixel_size_um**2 / 0.55
"""Height at which Fresnel's phase, pi wavelength height frequency^2, is half a turn."""


def grating_contrast(height_um: float) -> float:
    """Return the amplitude, with its sign, that a weak phase grating's image has."""
    wave = np.broadcast_to(np.cos(2 * np.pi * np.arange(SIZE) / PERIOD), (SIZE, SIZE))
    light = image_of(scattered(0.01 * wave) * transfer((SIZE, SIZE), height_um, CONFIG))
    return 2.0 * float((brightness(light) * wave).mean())


def test_where_nothing_scatters_it_is_as_bright_as_the_background() -> None:
    light = image_of(scattered(np.zeros((8, 8))) * transfer((8, 8), 0.0, CONFIG))
    assert brightness(light) == pytest.approx(np.ones((8, 8)))


def test_what_delays_light_is_dark_in_focus() -> None:
    # 1 - 2 phase / ring transmission, dimmed a little by the point image of 0.8 px.
    expected = -2 * 0.01 / 0.65 * np.exp(-2 * np.pi**2 * 0.8**2 / PERIOD**2)
    assert grating_contrast(0.0) == pytest.approx(expected, rel=0.02)


def test_contrast_vanishes_and_then_reverses_out_of_focus() -> None:
    in_focus = grating_contrast(0.0)
    assert abs(grating_contrast(0.5 * REVERSED_AT_UM)) < 0.05 * abs(in_focus)
    assert grating_contrast(0.2 * REVERSED_AT_UM) < 0
    assert grating_contrast(0.6 * REVERSED_AT_UM) > 0


def test_a_cell_turns_light_by_its_thickness_and_nothing_outside_it() -> None:
    window = Window(0, 0, 120, 120)
    flat, rounded = (phase_of(cell(roundness=value), window, CONFIG) for value in (0.0, 1.0))
    y, x = np.mgrid[:120, :120] - 60
    outside = np.hypot(y, x) > 16
    assert not flat[outside].any()
    assert not rounded[outside].any()
    assert rounded[60, 60] > 5 * np.median(flat[~outside])


def test_twice_the_contrast_is_twice_the_thickness() -> None:
    window = Window(30, 30, 90, 90)
    once, twice = (
        phase_of(cell(), window, SimulationConfig(contrast=contrast, pixel_size_um=0.8))
        for contrast in (1.0, 2.0)
    )
    assert twice == pytest.approx(2 * once)
