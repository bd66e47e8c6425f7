"""Migration of walks whose speed, persistence and error of positions are known."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from podia.data.migration_tables import MIGRATION, MIGRATION_LAGS, MIGRATION_MOVIE
from podia.measurement.migration.hotelling import drift_test
from podia.measurement.migration.lags import lag_table
from podia.measurement.migration.msd_exponent import fit_scaling
from podia.measurement.migration.newton import maximise
from podia.measurement.migration.path_shape import (
    forward_index,
    meandering_index,
    outreach_ratio,
    random_walk_p,
)
from podia.measurement.migration.persistent_walk import log_likelihood, persistent_msd
from podia.measurement.migration.summarise import summarise_migration
from podia.measurement.migration.walk_fit import fit_all_walks, fit_each_walk
from podia.measurement.migration.walks import Path, Walks
from podia.simulation.motion import step_persistent_walk


def persistent_walks(
    n: int, n_frames: int, persistence: float, error: float, seed: int = 0, speed: float = 1.0
) -> list[Path]:
    generator = np.random.default_rng(seed)
    velocity = generator.normal(0, speed / math.sqrt(2), (n, 2))
    places = np.zeros((n_frames, n, 2))
    for frame in range(1, n_frames):
        step, velocity = step_persistent_walk(velocity, np.full(n, speed), persistence, generator)
        places[frame] = places[frame - 1] + step
    places += generator.normal(0, error, places.shape)
    return [(np.arange(n_frames), places[:, walk]) for walk in range(n)]


def diffusion(n: int, n_frames: int, error: float, seed: int = 0) -> list[Path]:
    generator = np.random.default_rng(seed)
    places = np.cumsum(generator.normal(size=(n_frames, n, 2)), axis=0)
    places += generator.normal(0, error, places.shape)
    return [(np.arange(n_frames), places[:, walk]) for walk in range(n)]


def straight(n_frames: int = 12) -> Path:
    frames = np.arange(n_frames)
    return frames, frames[:, None] * np.array([3.0, 4.0])


@pytest.mark.parametrize("frames", [np.arange(9), np.array([2, 3, 7, 8, 12, 13])])
@pytest.mark.parametrize(("persistence", "error"), [(4.0, 0.4), (0.3, 1.0), (900.0, 0.1)])
def test_the_filter_gives_the_density_of_the_displacements_under_fuerths_covariance(
    frames, persistence, error
):
    generator = np.random.default_rng(1)
    positions = generator.normal(0, 2, (len(frames), 2))
    # Cov(x(s) - x(0), x(t) - x(0)) = (MSD(s) + MSD(t) - MSD(|s - t|)) / 4 along an axis, the start seen with an error.
    time = (frames - frames[0])[1:].astype(float)
    s, t = np.meshgrid(time, time)
    msd = [persistent_msd(v, 1.5, persistence) for v in (s, t, abs(s - t))]
    covariance = (msd[0] + msd[1] - msd[2]) / 4 + error**2 * (np.eye(len(time)) + 1)
    expected = sum(
        multivariate_normal(cov=covariance).logpdf((positions - positions[0])[1:, axis]) for axis in (0, 1)
    )
    walks = Walks.pack([(frames, positions)])
    found = log_likelihood(walks, np.array(1.5), np.array(persistence), np.array(error))
    assert found[0] == pytest.approx(expected, rel=1e-6)


def test_a_path_has_the_same_likelihood_alone_and_among_longer_and_shorter_ones():
    paths = [
        *persistent_walks(2, 20, 4, 0.3),
        *persistent_walks(1, 8, 4, 0.3),
        (np.array([0, 2, 3]), np.eye(3, 2)),
    ]
    arguments = [np.array(v) for v in (1.0, 4.0, 0.3)]
    walks = Walks.pack(paths)
    together = walks.restored(log_likelihood(walks, *arguments))
    alone = [log_likelihood(Walks.pack([path]), *arguments)[0] for path in paths]
    assert together == pytest.approx(alone)


def test_maxima_are_found_inside_and_on_a_bound():
    def objective(place):
        return -np.cosh(place[0] - np.array([0.5, 9.0])) - (place[1] + place[0]) ** 2

    found = maximise(objective, np.zeros((2, 2)), np.full((2, 2), -3.0), np.full((2, 2), 3.0))
    assert found.place[:, 0] == pytest.approx([0.5, -0.5], abs=1e-4)
    assert found.place[:, 1] == pytest.approx([3.0, -3.0], abs=1e-3)
    assert found.curvature[0, 1, 0] == pytest.approx(-2, rel=1e-3)


def test_intervals_of_single_walks_hold_speed_persistence_and_error_as_often_as_they_say():
    fits = fit_each_walk(persistent_walks(90, 60, 5.0, 0.4))
    for estimates, truth in ((fits.speed, 1.0), (fits.persistence, 5.0), (fits.noise, 0.4)):
        held = ~(estimates.low > truth) & ~(estimates.high < truth)
        # 90 draws at 95 %: three standard errors are 7 %.
        assert held.mean() >= 0.88
        assert np.nanmedian(estimates.value) == pytest.approx(truth, rel=0.15)
        assert held.mean() < 1


def test_all_tracks_together_find_speed_and_persistence_more_surely():
    together = fit_all_walks(persistent_walks(40, 60, 5.0, 0.4))
    assert together.speed.low[0] < 1 < together.speed.high[0]
    assert together.persistence.low[0] < 5 < together.persistence.high[0]
    assert together.noise.value[0] == pytest.approx(0.4, rel=0.05)
    assert together.speed.high[0] / together.speed.low[0] < 1.3


def test_a_change_of_scale_and_a_turn_change_speed_alone():
    paths = persistent_walks(8, 30, 4.0, 0.3)
    turn = 7.0 * np.array([[0.0, 1.0], [-1.0, 0.0]])
    one, other = fit_each_walk(paths), fit_each_walk([(frames, places @ turn) for frames, places in paths])
    np.testing.assert_allclose(other.speed.value, 7 * one.speed.value, rtol=1e-3)
    np.testing.assert_allclose(other.persistence.value, one.persistence.value, rtol=1e-3)


def test_a_walk_without_persistence_has_no_persistence_but_an_upper_limit():
    fits = fit_each_walk(diffusion(30, 100, 0.2), noise=0.2)
    unresolved = np.isnan(fits.persistence.value)
    assert unresolved.any()
    assert np.isnan(fits.speed.value[unresolved]).all()
    assert (fits.persistence.high < 2.5).all()
    assert np.isnan(fits.persistence.low[unresolved]).all()


def test_what_is_too_short_or_rests_is_not_fitted():
    rests = np.arange(30), np.ones((30, 2))
    fits = fit_each_walk([straight(4), rests])
    assert np.isnan(fits.speed.value).all()
    assert np.isnan(fit_all_walks([straight(4), rests]).speed.value).all()
    assert np.isnan(fit_scaling([straight(4), rests]).msd_exponent.value).all()


@pytest.mark.parametrize("error", [0.5, 1.0])
def test_pure_diffusion_has_exponent_1_whatever_the_error_of_positions(error):
    found = fit_scaling(diffusion(120, 60, error))
    # The standard error of 120 walks is 0.02.
    assert found.msd_exponent.value[0] == pytest.approx(1, abs=0.05)
    assert found.msd_exponent.low[0] < 1 < found.msd_exponent.high[0]
    held = ~(found.hurst.low > 0.5) & ~(found.hurst.high < 0.5)
    assert 0.88 <= held.mean() <= 1


def test_gaps_leave_the_exponent_of_a_straight_line_near_2():
    frames, places = straight(40)
    kept = np.delete(np.arange(40), [10, 11, 25])
    generator = np.random.default_rng(0)
    paths = [(frames[kept], places[kept] + generator.normal(0, 0.01, (37, 2))) for _ in range(6)]
    assert fit_scaling(paths).hurst.value == pytest.approx(0.99, abs=0.02)


def test_lags_of_a_straight_line_and_of_its_two_halves():
    table = lag_table([straight(), straight(6), (np.array([0, 3]), np.array([[0.0, 0.0], [9.0, 12.0]]))])
    assert table["pooled_msd"].to_numpy() == pytest.approx(25.0 * table["lag"] ** 2)
    assert table["velocity_correlation"].dropna().to_numpy() == pytest.approx(1)
    assert table["direction_correlation"].dropna().to_numpy() == pytest.approx(1)
    assert table["n_pairs"].tolist()[:3] == [16, 14, 13]
    assert table["n_tracks"].tolist()[:3] == [2, 2, 3]
    assert np.isnan(table["pooled_msd_low"][0])
    assert table["pooled_msd_low"][2] == pytest.approx(table["pooled_msd"][2])


def test_the_band_of_msd_holds_fuerths_curve():
    table = lag_table(persistent_walks(60, 40, 5.0, 0.0))
    expected = persistent_msd(table["lag"], 1.0, 5.0)
    inside = (table["pooled_msd_low"] <= expected) & (expected <= table["pooled_msd_high"])
    assert inside[:10].all()


def test_shapes_of_paths_that_geometry_knows():
    assert outreach_ratio(straight()) == pytest.approx(1)
    assert meandering_index(straight(10)) == pytest.approx(3)
    # Down 3 and right 4 of 5: forwards is right and, as seen, up.
    assert forward_index(straight()) == pytest.approx((0.8, -0.6))
    there_and_back = np.arange(3), np.array([[0.0, 0.0], [0.0, 2.0], [0.0, 0.0]])
    assert outreach_ratio(there_and_back) == pytest.approx(0.5)
    assert meandering_index(there_and_back) == 0
    assert random_walk_p(there_and_back) == 1
    rests = np.arange(3), np.zeros((3, 2))
    assert np.isnan(
        [outreach_ratio(rests), meandering_index(rests), random_walk_p(rests), *forward_index(rests)]
    ).all()


def test_the_random_walk_null_is_uniform_for_random_walks():
    p = np.array([random_walk_p(path) for path in diffusion(800, 15, 0.0)])
    assert np.quantile(p, [0.05, 0.25, 0.5, 0.75]) == pytest.approx([0.05, 0.25, 0.5, 0.75], abs=0.05)
    assert random_walk_p(straight(30)) < 1e-6


def test_drift_is_found_where_cells_share_it_and_not_for_lack_of_cells():
    paths = diffusion(40, 30, 0.0)
    assert drift_test(paths).p_value > 0.01
    carried = [(frames, places + frames[:, None] * np.array([0.5, -0.3])) for frames, places in paths]
    found = drift_test(carried)
    assert found.p_value < 1e-4
    assert found.velocity == pytest.approx([0.5, -0.3], abs=0.12)
    assert np.isnan(drift_test(paths[:3]).p_value)


def test_the_motion_that_all_cells_share_does_not_pass_for_persistence():
    paths = [
        (frames, places + frames[:, None] * np.array([2.0, 1.0]))
        for frames, places in persistent_walks(30, 40, 3.0, 0.2)
    ]
    movie = summarise_migration(_cells(paths)).movie.iloc[0]
    assert movie["persistence"] == pytest.approx(3.0, rel=0.25)
    assert movie["shared_velocity_p"] < 1e-6


@pytest.mark.parametrize("paths", [[], [straight(1)], persistent_walks(7, 12, 3.0, 0.2)])
def test_tables_have_the_declared_columns_whatever_there_is(paths):
    tables = summarise_migration(_cells(paths))
    assert list(tables.tracks.columns) == MIGRATION.base_names
    assert list(tables.lags.columns) == MIGRATION_LAGS.base_names
    assert list(tables.movie.columns) == MIGRATION_MOVIE.base_names
    assert len(tables.tracks) == len(paths)


def _cells(paths: list[Path]) -> pd.DataFrame:
    rows = [
        (frame, track, y, x)
        for track, (frames, places) in enumerate(paths, start=1)
        for frame, (y, x) in zip(frames.tolist(), places.tolist(), strict=True)
    ]
    cells = pd.DataFrame(rows, columns=["frame", "track_id", "y_stable", "x_stable"])
    return cells.astype({"frame": int, "track_id": int, "y_stable": float, "x_stable": float}).sort_values(
        "frame"
    )


def test_the_batched_maxima_of_twenty_tracks_are_those_of_scipy() -> None:
    paths = persistent_walks(20, 30, persistence=4.0, error=0.2, seed=11)
    low, high, start = np.log([0.05, 0.1, 1e-3]), np.log([20.0, 600.0, 5.0]), np.log([1.0, 3.0, 0.3])
    walks = Walks.pack(paths)
    batched = (np.repeat(values[:, None], 20, axis=1) for values in (start, low, high))
    found = maximise(lambda parameters: log_likelihood(walks, *np.exp(parameters)), *batched)
    for track, path in enumerate(paths):
        alone = Walks.pack([path])
        best = minimize(
            lambda parameters, alone=alone: -log_likelihood(alone, *np.exp(parameters[:, None, None]))[0, 0],
            start,
            method="L-BFGS-B",
            bounds=list(zip(low, high, strict=True)),
        )
        assert found.value[track] == pytest.approx(-best.fun, abs=1e-4)
