from typing import get_args

import numpy as np
import pytest

from podia.data.errors import ConfigurationError
from podia.simulation.config import Modality, SimulationConfig
from podia.simulation.optics import brightness, image_of, scattered, transfer
from podia.simulation.simulate import simulate

SIZE = 64


def light_of(phase: np.ndarray, modality: Modality, height_um: float = 0.0) -> np.ndarray:
    config = SimulationConfig(modality=modality)
    field = image_of(scattered(phase) * transfer(phase.shape, height_um, config))
    return brightness(field, modality)


def disc(phase_rad: float) -> np.ndarray:
    rows, columns = np.mgrid[:SIZE, :SIZE] - SIZE / 2
    return phase_rad * (np.hypot(rows, columns) < 10)


@pytest.mark.parametrize("modality", get_args(Modality))
def test_where_nothing_scatters_it_is_as_bright_as_the_background(modality):
    assert light_of(np.zeros((SIZE, SIZE)), modality) == pytest.approx(np.ones((SIZE, SIZE)), abs=1e-4)


def test_thin_cell_is_dark_in_positive_and_bright_in_negative_phase_contrast():
    inside = disc(1.0) > 0
    assert light_of(disc(0.1), "phase")[inside].mean() < 0.95
    assert light_of(disc(0.1), "negative-phase")[inside].mean() > 1.05


def test_dic_and_oblique_light_shade_opposite_edges_of_a_cell():
    for modality in ("dic", "oblique"):
        light = light_of(disc(0.5), modality) - 1
        along = np.sin(0.8) * (np.arange(SIZE)[:, None] - SIZE / 2) + np.cos(0.8) * (
            np.arange(SIZE) - SIZE / 2
        )
        assert light[along > 6].mean() * light[along < -6].mean() < 0, modality


def test_transparent_cell_disappears_in_brightfield_at_its_focus():
    off_focus = np.abs(light_of(disc(0.2), "brightfield") - 1).max()
    assert np.abs(light_of(disc(0.2), "brightfield", height_um=-15.0) - 1).max() < 0.2 * off_focus


def test_truth_is_the_same_under_every_microscope_and_pictures_differ():
    movies = [
        simulate(SimulationConfig(n_frames=1, size_px=128, n_cells=1, modality=modality))
        for modality in ("phase", "dic")
    ]
    np.testing.assert_array_equal(movies[0].labels.frame(0), movies[1].labels.frame(0))
    assert (movies[0].movie.frame(0) != movies[1].movie.frame(0)).any()


def test_unknown_microscope_is_refused_with_those_there_are():
    with pytest.raises(ConfigurationError, match="brightfield"):
        SimulationConfig.parse({"modality": "electron"})
