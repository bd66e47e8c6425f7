from __future__ import annotations

import pytest

from podia.data.errors import ConfigurationError
from podia.simulation.config import SimulationConfig


def test_without_a_number_of_cells_the_density_is_low_at_every_size() -> None:
    for size_px, expected in ((128, 1), (512, 12), (2048, 186)):
        assert SimulationConfig(size_px=size_px).initial_cells == expected


def test_too_many_cells_are_refused_with_the_number_that_fits() -> None:
    with pytest.raises(ConfigurationError, match=r"^50 cells do not fit into 128 x 128 px: choose at most 4"):
        SimulationConfig.parse({"size_px": 128, "n_cells": 50})


def test_the_most_cells_that_the_message_names_are_accepted() -> None:
    most = SimulationConfig(size_px=128, n_cells=1).most_cells
    assert SimulationConfig(size_px=128, n_cells=most).initial_cells == most


def test_protrusions_thinner_than_the_pixel_grid_can_hold_are_refused() -> None:
    with pytest.raises(
        ConfigurationError, match=r"^Protrusions of 2\.8 um are 1\.4 px wide: increase their width"
    ):
        SimulationConfig.parse({"pixel_size_um": 2.0})


@pytest.mark.parametrize("width", [(6.0, 3.0), (0.0, 3.0), (3.0, 30.0)])
def test_protrusion_widths_that_make_no_sense_are_refused(width: tuple[float, float]) -> None:
    with pytest.raises(ConfigurationError, match=r"^Protrusion widths must be positive, ascending"):
        SimulationConfig.parse({"protrusion_width_um": width})


def test_lengths_and_durations_turn_into_pixels_and_frames() -> None:
    config = SimulationConfig(pixel_size_um=0.5, frame_interval_s=120.0)
    assert config.px(3.0) == 6.0
    assert config.frames(30.0) == 15.0


def test_every_field_says_what_it_is() -> None:
    for name, field in SimulationConfig.model_fields.items():
        assert field.description, name


def test_small_pixels_leave_room_for_as_few_cells_as_fit() -> None:
    config = SimulationConfig(pixel_size_um=0.3)
    assert 1 <= config.initial_cells == config.most_cells < 12
