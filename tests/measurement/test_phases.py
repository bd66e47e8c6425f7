"""Courses of a length whose speeds are known."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.measurement.protrusions.phases import find_phases, flicker, moving_phases, pooled, speed_of


def course(*pieces: tuple[int, float], start: float = 10.0) -> np.ndarray:
    """Return the length at each frame of pieces ``(frames, speed)``."""
    steps = np.concatenate([np.full(frames, speed) for frames, speed in pieces])
    return start + np.concatenate([[0.0], np.cumsum(steps)])


def speeds(lengths: np.ndarray, noise: float = 0.0, frames: np.ndarray | None = None) -> tuple[float, float]:
    frames = np.arange(len(lengths)) if frames is None else frames
    phases = find_phases(frames, lengths, noise)
    return tuple(speed_of(moving_phases(phases, max(3.0, 3 * noise), sign=sign)) for sign in (1, -1))


def test_extension_rest_and_retraction_are_three_phases():
    lengths = course((6, 4.0), (8, 0.0), (5, -3.0))
    phases = find_phases(np.arange(20), lengths, 0.0)
    assert [(phase.first_frame, phase.last_frame) for phase in phases] == [(0, 6), (6, 14), (14, 19)]
    assert [phase.slope for phase in phases] == pytest.approx([4, 0, -3])
    assert speeds(lengths) == pytest.approx((4, 3))


@pytest.mark.parametrize("noise", [0.5, 1.5, 3.0])
def test_noise_does_not_make_growth_faster(noise):
    generator = np.random.default_rng(1)
    lengths = course((8, 6.0), (8, 0.0), (8, -5.0))
    found = np.array([speeds(lengths + generator.normal(0, noise, len(lengths)), noise) for _ in range(60)])
    assert np.nanmean(found, axis=0) == pytest.approx([6, 5], rel=0.06)
    # The mean of the steps that happen to grow, which is what one would take, is off by more than that.
    steps = np.diff(lengths + generator.normal(0, noise, (400, len(lengths))), axis=1)
    naive = steps[:, :8][steps[:, :8] > 0].mean()
    resting = steps[:, 8:16][steps[:, 8:16] > 0].mean()
    assert naive > 6 - 0.1
    assert resting > 0.5 * noise


def test_a_resting_length_has_no_speed_however_it_flickers():
    generator = np.random.default_rng(2)
    for _ in range(20):
        assert np.isnan(speeds(30 + generator.normal(0, 2, 25), 2.0)).sum() >= 1
    assert np.isnan(speeds(np.full(12, 30.0))).all()
    assert np.isnan(speeds(np.array([9.0]))).all()


def test_a_missed_frame_does_not_make_growth_faster():
    frames = np.array([0, 1, 2, 4, 5, 6])
    assert speeds(10 + 3.0 * frames, frames=frames)[0] == pytest.approx(3)


def test_a_fast_phase_counts_by_what_it_brings():
    # 30 px at 5 px a frame, 10 px at 1: (30 x 5 + 10 x 1) / 40.
    assert speeds(course((6, 5.0), (10, 1.0)))[0] == pytest.approx(4)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0, 60), min_size=2, max_size=30), st.floats(0, 3))
def test_phases_follow_each_other_from_the_first_frame_to_the_last(lengths, noise):
    phases = find_phases(np.arange(len(lengths)), np.array(lengths), noise)
    assert phases[0].first_frame == 0
    assert phases[-1].last_frame == len(lengths) - 1
    assert all(a.last_frame == b.first_frame for a, b in pairwise(phases))


def test_flicker_is_the_noise_whatever_the_growth():
    generator = np.random.default_rng(3)
    frames = np.tile(np.arange(400), 2)
    ids = np.repeat([0, 1], 400)
    noise = np.where(ids == 0, 0.5, 2.0)
    lengths = 20 + 4 * frames + generator.normal(0, 1, 800) * noise
    found, counts = flicker(frames, lengths, ids)
    assert found == pytest.approx([0.5, 2.0], rel=0.12)
    assert counts.tolist() == [398, 398]


def test_a_protrusion_seen_briefly_has_the_noise_of_the_others():
    found = pooled(np.array([1.0, np.nan, 3.0, 1.0]), np.array([1e6, 0.0, 1e6, 1e6]))
    assert found == pytest.approx([1, 1, 3, 1], rel=1e-3)
    assert np.isnan(pooled(np.array([np.nan]), np.array([0.0]))).all()
    assert flicker(np.arange(0), np.empty(0), np.arange(0))[0].shape == (0,)
