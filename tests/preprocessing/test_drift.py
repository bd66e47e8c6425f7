from __future__ import annotations

import pickle
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from podia.data.drift import Drift
from podia.data.errors import InvalidInputError, MissingDependencyError
from podia.data.movie import LabelMovie, Movie
from podia.preprocessing import drift as drift_module
from podia.preprocessing.config import DriftConfig
from podia.preprocessing.drift import (
    apply_drift,
    correct_drift,
    estimate_drift,
    fields_of_view,
    reduction,
    restore_labels,
    valid_area,
)
from podia.testing.counted_frames import CountedFrames

SIDE, MARGIN = 192, 24


def ground(seed: int = 0) -> np.ndarray:
    """Faint texture of grain 1.5 px on 100, larger than a frame by a margin on every side."""
    rng = np.random.default_rng(seed)
    texture = ndi.gaussian_filter(rng.normal(size=(SIDE + 2 * MARGIN, SIDE + 2 * MARGIN)), 1.5)
    return 100 + 8 * texture / texture.std()


def moved(image: np.ndarray, shift: tuple[float, float] | np.ndarray) -> np.ndarray:
    """`image` moved by exactly `shift` (Fourier's shift theorem), cut to a frame."""
    phases = np.fft.fftfreq(image.shape[0])[:, None] * shift[0] + np.fft.fftfreq(image.shape[1]) * shift[1]
    shifted = np.fft.ifft2(np.fft.fft2(image) * np.exp(-2j * np.pi * phases)).real
    return shifted[MARGIN:-MARGIN, MARGIN:-MARGIN]


def random_walk(n_frames: int, step_px: float, seed: int) -> np.ndarray:
    steps = np.random.default_rng(seed).normal(0, step_px, (n_frames, 2))
    steps[0] = 0
    return np.cumsum(steps, axis=0)


def with_moving_cells(n_frames: int, walk: np.ndarray, seed: int) -> np.ndarray:
    """Grainy cells, five times as contrasty as the ground, each on its own way; a quarter of the area."""
    rng = np.random.default_rng(seed)
    base = ground(seed)
    positions = rng.uniform(MARGIN, MARGIN + SIDE, (20, 2))
    headings = rng.normal(0, 1.5, (20, 2))
    textures = 40 * ndi.gaussian_filter(rng.normal(size=(20, 25, 25)), (0, 1, 1))
    y, x = np.mgrid[-12:13, -12:13]
    inside = y**2 + x**2 < 144
    frames = []
    for frame in range(n_frames):
        scene = base.copy()
        for position, heading, texture in zip(positions, headings, textures, strict=True):
            top, left = np.clip((position + frame * heading).astype(int) - 12, 0, len(scene) - 25)
            scene[top : top + 25, left : left + 25] += inside * texture
        frames.append(moved(scene, walk[frame]))
    return np.array(frames)


@settings(max_examples=15, deadline=None)
@given(st.floats(-10, 10), st.floats(-10, 10))
def test_subpixel_shift_of_a_texture_is_found(down, right):
    base = ground()
    movie = Movie.from_array(np.stack([moved(base, (0, 0)), moved(base, (down, right))]))
    np.testing.assert_allclose(estimate_drift(movie).shifts[1], [down, right], atol=0.05)


def test_errors_do_not_add_up_over_fifty_frames():
    walk = random_walk(50, 0.7, seed=3)
    base = ground(3)
    noise = np.random.default_rng(4).normal(0, 2, (50, SIDE, SIDE))
    frames = np.array([moved(base, shift) for shift in walk]) + noise
    movie = Movie.from_array(np.clip(frames.round(), 0, 255).astype(np.uint8))
    assert np.abs(estimate_drift(movie).shifts - walk).max() < 0.1


def test_moving_cells_do_not_pull_the_field_with_them():
    walk = random_walk(20, 1.0, seed=5)
    movie = Movie.from_array(with_moving_cells(20, walk, seed=6))
    assert np.abs(estimate_drift(movie).shifts - walk).max() < 0.1


def test_illumination_fixed_to_the_camera_does_not_hold_the_field():
    walk = random_walk(10, 0.4, seed=7)
    base = ground(8)
    y, x = np.mgrid[:SIDE, :SIDE] / SIDE
    lamp = 1 + 0.5 * np.exp(-8 * ((y - 0.4) ** 2 + (x - 0.6) ** 2))
    movie = Movie.from_array(np.array([moved(base, shift) * lamp for shift in walk]))
    assert np.abs(estimate_drift(movie).shifts - walk).max() < 0.05


def test_content_that_is_replaced_bit_by_bit_is_followed():
    """From the first frame to the last, nothing of the ground is left: the two have no frame to meet in pure."""
    walk = random_walk(30, 0.7, seed=9)
    first, last = ground(10) - 100, ground(11) - 100
    share = np.linspace(0, 1, 30)
    movie = Movie.from_array(
        np.array([100 + moved((1 - s) * first + s * last, w) for s, w in zip(share, walk, strict=True)])
    )
    assert np.abs(estimate_drift(movie).shifts - walk).max() < 0.25


def test_a_blank_frame_keeps_the_position_before_and_the_next_is_found_again():
    base = ground()
    shifts = np.array([[0.0, 0.0], [2.0, 1.0], [2.0, 1.0], [4.0, -3.0]])
    frames = np.array([moved(base, shift) for shift in shifts])
    frames[2] = 90
    np.testing.assert_allclose(estimate_drift(Movie.from_array(frames)).shifts, shifts, atol=0.05)


def test_movie_that_starts_with_blank_frames_is_followed_from_the_first_that_is_not():
    base = ground()
    frames = np.array([np.full((SIDE, SIDE), 100.0), moved(base, (0, 0)), moved(base, (1.5, 0))])
    shifts = estimate_drift(Movie.from_array(frames)).shifts
    np.testing.assert_allclose(shifts, [[0, 0], [0, 0], [1.5, 0]], atol=0.05)


@pytest.mark.parametrize("n_frames", [1, 3])
def test_constant_movie_stands_still(n_frames):
    movie = Movie.from_array(np.full((n_frames, 32, 40), 7, np.uint8))
    stable, drift = correct_drift(movie)
    assert stable is movie
    assert (drift.to_stable == np.eye(3)).all()


def test_pure_noise_is_not_taken_for_drift():
    movie = Movie.from_array(np.random.default_rng(0).normal(100, 5, (4, 64, 64)))
    assert (estimate_drift(movie).shifts == 0).all()


def test_steps_beyond_the_limit_are_not_looked_for():
    base = ground()
    movie = Movie.from_array(np.stack([moved(base, (0, 0)), moved(base, (15, 0))]))
    assert np.abs(estimate_drift(movie, DriftConfig(max_step_px=5)).shifts).max() <= 6


def test_each_frame_is_read_and_transformed_once_where_spectra_fit_in_memory(monkeypatch):
    frames = np.array([moved(ground(), (t, 0)) for t in range(4)])
    source = CountedFrames(frames)
    shifts = estimate_drift(Movie(source)).shifts
    assert set(source.reads.values()) == {1}
    one_spectrum = 8 * SIDE * (SIDE // 2 + 1)
    monkeypatch.setattr(drift_module, "_KEPT_BYTES", 2 * one_spectrum)
    source = CountedFrames(frames)
    np.testing.assert_array_equal(estimate_drift(Movie(source)).shifts, shifts)
    assert source.reads == {0: 1, 1: 1, 2: 2, 3: 2}


def test_large_frames_are_reduced_and_their_shifts_found_all_the_same():
    assert [reduction(shape) for shape in ((192, 192), (767, 2000), (768, 768), (1536, 4096))] == [1, 1, 2, 4]
    rng = np.random.default_rng(12)
    texture = ndi.gaussian_filter(rng.normal(size=(768 + 2 * MARGIN, 768 + 2 * MARGIN)), 1.5)
    base = 100 + 8 * texture / texture.std()
    walk = np.array([[0, 0], [1.3, -2.6], [0.45, 7.2]])
    movie = Movie.from_array(np.stack([moved(base, shift) for shift in walk]))
    np.testing.assert_allclose(estimate_drift(movie).shifts, walk, atol=0.06)


def test_progress_ends_at_its_total():
    calls: list[tuple[int, int]] = []
    movie = Movie.from_array(np.array([moved(ground(), (t, 0)) for t in range(3)]))
    estimate_drift(movie, progress=lambda _, done, total: calls.append((done, total)))
    assert [done for done, _ in calls] == [1, 2, 3, 4, 5, 6]
    assert {total for _, total in calls} == {6}


def test_frame_with_nan_is_named():
    frames = np.array([ground(), ground()])
    frames[1, 3, 3] = np.inf
    with pytest.raises(
        InvalidInputError, match=r"Frame 1 of 'movie' holds .* values that are NaN or infinite"
    ):
        estimate_drift(Movie.from_array(frames))


# What is done with a drift that is known.


def numbered_ground() -> np.ndarray:
    """Every pixel has its own value."""
    return np.arange(40 * 50, dtype=np.uint16).reshape(40, 50)


def seen_at(shifts: np.ndarray, height: int = 30, width: int = 40) -> Movie:
    """The ground seen through a frame from which it appears moved by whole `shifts`."""
    world = numbered_ground()
    return Movie.from_array(
        np.stack([world[5 - y : 5 - y + height, 5 - x : 5 - x + width] for y, x in shifts.astype(int)])
    )


SHIFTS = np.array([[0.0, 0.0], [3.0, -2.0], [-1.0, 4.0]])


def test_stabilised_frames_are_equal_and_grey_values_untouched():
    movie = seen_at(SHIFTS)
    stable = apply_drift(movie, Drift.from_shifts(SHIFTS))
    assert stable.dtype == np.uint16
    assert stable.frame_shape == (30 - 4, 40 - 6)
    frames = stable.to_array()
    assert (frames == frames[0]).all()
    assert (frames[0] == movie.frame(0)[1:27, 2:36]).all()


def test_valid_area_is_what_all_frames_see():
    # Moved down by 3, stable rows up to 26 are left; moved up by 1, row 0 is gone; columns likewise.
    assert valid_area(Drift.from_shifts(SHIFTS), (30, 40)) == (1, 2, 27, 36)


def test_valid_area_of_a_still_field_is_the_frame():
    assert valid_area(Drift.none(3), (30, 40)) == (0, 0, 30, 40)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=5))
def test_every_position_of_the_valid_area_lies_in_every_frame(moves):
    drift = Drift.from_shifts(np.array([(0.0, 0.0), *moves]))
    top, left, bottom, right = valid_area(drift, (30, 40))
    corners = np.array([[top, left], [bottom - 1, right - 1]], dtype=float)
    for frame in range(drift.n_frames):
        seen = drift.restore(frame, corners)
        assert (seen >= -1e-6).all()
        assert (seen <= np.array([29, 39]) + 1e-6).all()


def test_valid_area_of_a_turned_field_lies_in_every_frame():
    angle = np.deg2rad(10)
    turn = np.eye(3)
    turn[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    drift = Drift(np.stack([np.eye(3), turn]))
    top, left, bottom, right = valid_area(drift, (100, 100))
    corners = np.array(
        [[top, left], [top, right - 1], [bottom - 1, left], [bottom - 1, right - 1]], dtype=float
    )
    seen = drift.restore(1, corners)
    assert (bottom - top) * (right - left) > 5000
    assert ((seen >= 0) & (seen <= 99)).all()


def test_no_common_area_says_how_far_the_field_moved():
    drift = Drift.from_shifts(np.array([[0.0, 0.0], [31.0, 2.0]]))
    with pytest.raises(InvalidInputError, match=r"moved by up to 31 x 2 px.*drift\.crop"):
        valid_area(drift, (30, 40))


def test_uncropped_movie_keeps_its_size_and_continues_edges():
    stable = apply_drift(seen_at(SHIFTS), Drift.from_shifts(SHIFTS), DriftConfig(crop=False))
    assert stable.frame_shape == (30, 40)
    # Stable rows 27 to 29 left the second frame, which ends with stable row 26.
    assert (stable.frame(1)[26:] == stable.frame(1)[26]).all()


def test_field_that_moves_less_than_half_a_pixel_is_left_as_it_is():
    movie = seen_at(np.zeros((2, 2)))
    drift = Drift.from_shifts(np.array([[0.0, 0.0], [0.4, -0.49]]))
    assert apply_drift(movie, drift) is movie
    labels = LabelMovie.from_array(movie.to_array())
    assert restore_labels(labels, drift, movie.frame_shape) is labels


def test_linear_interpolation_meets_the_pixels_between():
    ramp = np.arange(20, dtype=np.uint8)[:, None].repeat(20, axis=1)
    movie = Movie.from_array(np.stack([ramp, ramp]))
    drift = Drift.from_shifts(np.array([[0.0, 0.0], [2.25, 0.0]]))
    stable = apply_drift(movie, drift, DriftConfig(interpolation="linear"))
    assert stable.dtype == np.float32
    np.testing.assert_allclose(stable.frame(1) - stable.frame(0), 2.25, atol=1e-5)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=1, max_size=4),
    st.booleans(),
    st.integers(0, 1000),
)
def test_labels_go_back_to_exactly_where_they_were_seen(moves, crop, seed):
    drift = Drift.from_shifts(np.array([(0.0, 0.0), *moves]))
    original = np.random.default_rng(seed).integers(1, 9, (drift.n_frames, 30, 40))
    config = DriftConfig(crop=crop)
    stable = apply_drift(Movie.from_array(original), drift, config)
    restored = restore_labels(LabelMovie.from_array(stable.to_array()), drift, (30, 40), config)
    assert restored.frame_shape == (30, 40)
    fields = fields_of_view(drift, (30, 40), config)
    for frame, labels in enumerate(restored):
        seen = labels > 0
        assert (seen == (fields[frame].depth(*np.mgrid[:30, :40]) >= 0)).all()
        assert seen.sum() == fields[frame].n_pixels
        assert (labels[seen] == original[frame][seen]).all()
        if crop:
            assert seen.sum() == stable.frame_shape[0] * stable.frame_shape[1]


def test_a_label_goes_back_by_the_drift_of_its_frame():
    drift = Drift.from_shifts(SHIFTS)
    labels = np.zeros((3, 26, 34), np.int32)
    labels[:, 10, 20] = 5  # stable position (11, 22)
    restored = restore_labels(LabelMovie.from_array(labels), drift, (30, 40))
    positions = [np.argwhere(frame == 5).tolist() for frame in restored]
    assert positions == [[[11, 22]], [[14, 20]], [[10, 26]]]


def test_labels_of_a_turned_field_go_back_by_the_nearest_pixel():
    turn = np.array([[0.0, -1.0, 29.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])  # a quarter turn of the frame
    drift = Drift(np.stack([np.eye(3), turn]))
    original = np.random.default_rng(0).integers(1, 9, (2, 30, 30)).astype(np.int32)
    config = DriftConfig(crop=False)
    stable = apply_drift(Movie.from_array(original), drift, config)
    restored = restore_labels(LabelMovie.from_array(stable.to_array()), drift, (30, 30), config)
    assert (restored.to_array() == original).all()
    assert [field.n_pixels for field in fields_of_view(drift, (30, 30), config)] == [900, 900]


def test_a_turned_field_is_seen_up_to_its_slanting_edges():
    angle = np.deg2rad(10)
    turn = np.array(
        [[np.cos(angle), -np.sin(angle), 6.0], [np.sin(angle), np.cos(angle), -4.0], [0.0, 0.0, 1.0]]
    )
    drift = Drift(np.stack([np.eye(3), turn]))
    top, left, bottom, right = valid_area(drift, (60, 70))
    everywhere = np.ones((2, bottom - top, right - left), np.int32)
    restored = restore_labels(LabelMovie.from_array(everywhere), drift, (60, 70))
    for labels, field in zip(restored, fields_of_view(drift, (60, 70)), strict=True):
        depth = field.depth(*np.mgrid[:60, :70])
        assert (labels[depth >= 0] == 1).all()
        assert (labels[depth < -1] == 0).all()


def test_labels_of_another_shape_are_refused():
    labels = LabelMovie.from_array(np.zeros((3, 30, 40), np.int32))
    with pytest.raises(InvalidInputError, match=r"must be \(26, 34\) px, found \(30, 40\)"):
        restore_labels(labels, Drift.from_shifts(SHIFTS), (30, 40))


def test_drift_of_another_movie_is_refused():
    with pytest.raises(InvalidInputError, match="drift has 2 frames and the movie has 3"):
        apply_drift(seen_at(SHIFTS), Drift.none(2))


def test_disabled_correction_leaves_the_movie_unread():
    source = CountedFrames(np.zeros((3, 8, 8), np.uint8))
    movie = Movie(source)
    stable, drift = correct_drift(movie, DriftConfig(enabled=False))
    assert stable is movie
    assert drift.n_frames == 3
    assert not source.reads


def test_stabilised_movie_and_restored_labels_can_be_pickled():
    drift = Drift.from_shifts(SHIFTS)
    stable = apply_drift(seen_at(SHIFTS), drift)
    restored = restore_labels(LabelMovie.from_array(stable.to_array()), drift, (30, 40))
    for movie in (stable, restored):
        assert (pickle.loads(pickle.dumps(movie)).to_array() == movie.to_array()).all()


# Turned fields need an optional package.


def turning_field(n_frames: int) -> tuple[Movie, Drift]:
    """A field that turns by 0.5 degrees a frame about its middle, and shifts."""
    base = ground(12)
    middle = np.full(2, (SIDE - 1) / 2)
    to_frame = np.tile(np.eye(3), (n_frames, 1, 1))
    for frame in range(n_frames):
        angle = np.deg2rad(0.5 * frame)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        to_frame[frame, :2, :2] = turn
        to_frame[frame, :2, 2] = middle - turn @ middle + frame * np.array([0.7, -0.4])
    drift = Drift(np.linalg.inv(to_frame))
    frames = [
        ndi.affine_transform(base, m[:2, :2], m[:2, 2] + MARGIN, output_shape=(SIDE, SIDE))
        for m in drift.to_stable
    ]
    return Movie.from_array(np.array(frames)), drift


@pytest.mark.parametrize(("model", "tolerance_px"), [("rigid", 0.1), ("affine", 0.3)])
def test_turning_field_is_followed(model, tolerance_px):
    pytest.importorskip("pystackreg")
    movie, truth = turning_field(6)
    drift = estimate_drift(movie, DriftConfig(model=model))
    corners = np.array([[0, 0], [0, SIDE - 1], [SIDE - 1, 0], [SIDE - 1, SIDE - 1]], dtype=float)
    for frame in range(6):
        np.testing.assert_allclose(
            drift.restore(frame, corners), truth.restore(frame, corners), atol=tolerance_px
        )


def test_missing_pystackreg_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "pystackreg", None)
    movie = Movie.from_array(np.array([moved(ground(), (0, 0))] * 2))
    with pytest.raises(MissingDependencyError, match=r"podia\[stackreg\]"):
        estimate_drift(movie, DriftConfig(model="rigid"))
