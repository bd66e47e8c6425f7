"""Simulated movies that several tests look at; drawn once."""

from __future__ import annotations

import pytest

from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import SimulatedMovie, simulate


@pytest.fixture(scope="session")
def protruding() -> SimulatedMovie:
    """Eight cells that do not divide, in 12 frames of 256 x 256 px."""
    return simulate(SimulationConfig(n_frames=12, size_px=256, n_cells=8, division_rate_per_h=0.0, seed=5))


@pytest.fixture(scope="session")
def dividing() -> SimulatedMovie:
    """Cells that divide about twice an hour, in 30 frames of 256 x 256 px."""
    return simulate(SimulationConfig(n_frames=30, size_px=256, n_cells=4, division_rate_per_h=1.0, seed=2))
