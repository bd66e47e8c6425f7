from __future__ import annotations

import numpy as np
import pytest

from podia.simulation.config import SimulationConfig
from podia.simulation.crowding import GAP_PX
from podia.simulation.drift import stage_shifts
from podia.simulation.population import Population
from podia.simulation.scene import build_scene


def test_cells_divide_at_the_rate_asked_for() -> None:
    config = SimulationConfig(
        n_frames=50, size_px=1024, n_cells=40, division_rate_per_h=0.1, protrusions_per_cell=0, seed=1
    )
    population = Population(config, stage_shifts(config))
    begun, cell_frames = 0, 0
    for _ in range(config.n_frames):
        population.step()
        begun += sum(cell.stage == "rounding" and cell.stage_age == 0 for cell in population.cells)
        cell_frames += sum(cell.stage == "spread" for cell in population.cells)
    expected = 0.1 * cell_frames * config.frame_interval_s / 3600
    assert begun == pytest.approx(expected, abs=4 * np.sqrt(expected))
    assert expected > 20


def test_cells_are_as_fast_as_asked_for() -> None:
    config = SimulationConfig(
        n_frames=2,
        size_px=2048,
        n_cells=300,
        division_rate_per_h=0,
        protrusions_per_cell=0,
        speed_um_per_min=0.5,
    )
    population = Population(config, stage_shifts(config))
    before = np.array([cell.position for cell in population.cells])
    population.step()
    steps = np.array([cell.position for cell in population.cells]) - before
    speed = np.sqrt((steps**2).sum(axis=1).mean()) * config.pixel_size_um / (config.frame_interval_s / 60)
    # 40 % of cells' own speeds are below half the mean and a few far above, so that the mean spreads.
    assert speed == pytest.approx(0.5, rel=0.2)


def test_bodies_never_overlap_and_stay_in_their_world() -> None:
    config = SimulationConfig(n_frames=1, size_px=256, n_cells=15, division_rate_per_h=2.0, seed=7)
    population = Population(config, stage_shifts(config))
    for _ in range(25):
        population.step()
        places = np.array([cell.position for cell in population.cells])
        extents = np.array([cell.extent(config) for cell in population.cells])
        apart = np.hypot(*(places[:, None] - places).transpose(2, 0, 1)) - extents[:, None] - extents
        np.fill_diagonal(apart, np.inf)
        assert apart.min() > GAP_PX - 1.0


def test_a_first_frame_has_the_cells_asked_for_in_view() -> None:
    scene = build_scene(SimulationConfig(n_frames=1, size_px=300, n_cells=7))
    inside = [0 < shape.y < 300 and 0 < shape.x < 300 for shape in scene.shapes(0)]
    assert sum(inside) == 7
