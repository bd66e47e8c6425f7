from __future__ import annotations

import numpy as np
import pytest

from podia.simulation.motion import step_persistent_walk

N_WALKERS = 20_000


def furth_msd(rms_speed: float, persistence: float, lag: float) -> float:
    return 2 * rms_speed**2 * persistence * (lag - persistence * (1 - np.exp(-lag / persistence)))


@pytest.mark.parametrize(("persistence", "n_steps"), [(16.0, 8), (0.5, 8), (3.0, 1)])
def test_mean_squared_displacement_follows_furth_at_any_frame_interval(
    persistence: float, n_steps: int
) -> None:
    generator = np.random.default_rng(1)
    speeds = np.full(N_WALKERS, 2.0)
    velocity = generator.standard_normal((N_WALKERS, 2)) * 2.0 / np.sqrt(2)
    place = np.zeros((N_WALKERS, 2))
    for _ in range(n_steps):
        step, velocity = step_persistent_walk(velocity, speeds, persistence, generator)
        place += step
    # The squared displacement in two dimensions spreads as much as its mean: 4 sigma of 20,000 are 2.8 %.
    assert np.mean((place**2).sum(axis=1)) == pytest.approx(furth_msd(2.0, persistence, n_steps), rel=0.03)


def test_speed_keeps_its_root_mean_square_and_decays_with_the_persistence_time() -> None:
    generator = np.random.default_rng(2)
    first = generator.standard_normal((N_WALKERS, 2)) * 3.0 / np.sqrt(2)
    _, velocity = step_persistent_walk(first, np.full(N_WALKERS, 3.0), 5.0, generator)
    assert np.sqrt((velocity**2).sum(axis=1).mean()) == pytest.approx(3.0, rel=0.02)
    correlation = (velocity * first).sum(axis=1).mean() / (first**2).sum(axis=1).mean()
    assert correlation == pytest.approx(np.exp(-1 / 5), abs=0.02)


def test_a_walker_without_speed_stays() -> None:
    generator = np.random.default_rng(3)
    step, velocity = step_persistent_walk(np.zeros((1, 2)), np.zeros(1), 10.0, generator)
    assert not step.any()
    assert not velocity.any()
