"""Motion of tracks whose motion is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.measurement.motion import (
    direction_correlation_time,
    mean_squared_displacement,
    msd_slope,
    speeds,
    turning_angles,
)


def exponent_of(frames: np.ndarray, positions: np.ndarray) -> float:
    lags, msd, _ = mean_squared_displacement(frames, positions)
    return msd_slope(lags, msd)


def straight(frames: np.ndarray, velocity: tuple[float, float] = (3.0, -4.0)) -> np.ndarray:
    return np.array([50.0, 80.0]) + frames[:, None] * np.array(velocity)


@settings(max_examples=30, deadline=None)
@given(
    st.sets(st.integers(0, 40), min_size=6).filter(lambda s: len(s) > 1),
    st.floats(-9, 9).filter(lambda v: abs(v) > 0.1),
    st.floats(-9, 9),
)
def test_a_straight_line_has_exponent_2_and_one_speed_whatever_its_gaps(seen, vy, vx):
    frames = np.array(sorted(seen))
    positions = straight(frames, (vy, vx))
    assert speeds(frames, positions)[1:] == pytest.approx(math.hypot(vy, vx))
    lags, msd, n_pairs = mean_squared_displacement(frames, positions)
    assert msd == pytest.approx(lags**2 * (vy**2 + vx**2))
    assert n_pairs.sum() == len(frames) * (len(frames) - 1) / 2
    exponent = msd_slope(lags, msd)
    assert np.isnan(exponent) or exponent == pytest.approx(2)


def test_a_random_walk_has_exponent_1_and_no_persistence():
    generator = np.random.default_rng(4)
    frames = np.arange(400)
    found = []
    for _ in range(20):
        walk = np.cumsum(generator.normal(size=(400, 2)), axis=0)
        found.append(exponent_of(frames, walk))
        assert not direction_correlation_time(frames, walk) > 1
    # Of one track the exponent scatters by about 0.2.
    assert np.mean(found) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("persistence", [4.0, 10.0])
def test_persistence_time_is_that_of_a_walk_whose_direction_diffuses(persistence):
    # The direction's autocorrelation exp(-k s^2 / 2) decays within 2 / s^2 steps.
    generator = np.random.default_rng(2)
    found = []
    for _ in range(10):
        direction = np.cumsum(generator.normal(0, math.sqrt(2 / persistence), 600))
        walk = np.cumsum(np.stack([np.sin(direction), np.cos(direction)], axis=1), axis=0)
        found.append(direction_correlation_time(np.arange(600), walk))
    assert np.median(found) == pytest.approx(persistence, rel=0.15)


def test_a_straight_line_has_no_persistence_time():
    frames = np.arange(30)
    assert np.isnan(direction_correlation_time(frames, straight(frames)))


@pytest.mark.parametrize(
    ("steps", "turn"),
    [
        ([(0, 1), (0, 1)], 0),
        ([(0, 1), (-1, 0)], 90),  # right, then up in the picture
        ([(0, 1), (1, 0)], -90),
        ([(0, 1), (0, -1)], 180),
        ([(-1, 0), (0, -1)], 90),
    ],
)
def test_turns_are_counter_clockwise_as_seen(steps, turn):
    positions = np.cumsum([(10, 10), *steps], axis=0).astype(float)
    angles = turning_angles(np.arange(3), positions)
    assert np.isnan(angles[:2]).all()
    assert angles[2] == pytest.approx(turn) or (turn == 180 and angles[2] == pytest.approx(-180))


def test_a_turn_is_undefined_over_a_gap_and_where_the_cell_rests():
    frames = np.array([0, 1, 3, 4, 5, 6, 7])
    positions = np.array([[0, 0], [0, 1], [0, 3], [0, 4], [0, 4], [0, 5], [0, 6]], dtype=float)
    assert np.isnan(turning_angles(frames, positions)).tolist() == [True] * 6 + [False]


def test_speed_over_a_gap_is_that_of_the_whole_step():
    assert speeds(np.array([0, 4]), np.array([[0.0, 0.0], [0.0, 8.0]]))[1] == 2


def test_lags_that_gaps_leave_without_a_pair_are_left_out():
    lags, _, n_pairs = mean_squared_displacement(np.array([0, 1, 5]), np.zeros((3, 2)))
    assert lags.tolist() == [1, 4, 5]
    assert n_pairs.tolist() == [1, 1, 1]


def test_one_frame_has_no_motion():
    frames, positions = np.array([3]), np.array([[1.0, 2.0]])
    assert np.isnan(speeds(frames, positions)).tolist() == [True]
    assert np.isnan(turning_angles(frames, positions)).tolist() == [True]
    assert [len(values) for values in mean_squared_displacement(frames, positions)] == [0, 0, 0]
    assert np.isnan(exponent_of(frames, positions))
    assert np.isnan(direction_correlation_time(frames, positions))


def test_a_cell_that_stays_has_no_exponent():
    assert np.isnan(exponent_of(np.arange(20), np.ones((20, 2))))
    assert np.isnan(direction_correlation_time(np.arange(20), np.ones((20, 2))))
