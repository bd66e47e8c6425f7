from __future__ import annotations

import pickle

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.calibration import Calibration
from podia.data.movie import LabelMovie
from podia.segmentation.config import GapFillingConfig
from podia.segmentation.temporal.gap_filling import fill_gaps
from podia.testing.counted_frames import CountedFrames
from podia.testing.phase_contrast import disc

SHAPE = (60, 80)
SQUARE = np.zeros(SHAPE, np.int32)
SQUARE[20:40, 20:40] = 1
EMPTY = np.zeros(SHAPE, np.int32)


def filled(*frames: np.ndarray, **settings_of_filling: float) -> np.ndarray:
    config = GapFillingConfig.parse(settings_of_filling)
    return fill_gaps(LabelMovie.from_array(np.stack(frames)), config).to_array()


def test_static_square_keeps_its_area():
    np.testing.assert_array_equal(filled(*[SQUARE] * 7), [SQUARE] * 7)


def test_cells_six_pixels_apart_are_not_merged():
    pair = SQUARE.copy()
    pair[20:40, 46:66] = 2
    np.testing.assert_array_equal(filled(*[pair] * 5), [pair] * 5)


def test_square_missing_for_one_frame_is_put_back_exactly():
    result = filled(SQUARE, SQUARE, EMPTY, SQUARE, SQUARE)
    np.testing.assert_array_equal(result, [SQUARE] * 5)


def test_square_missing_for_two_frames_is_put_back_in_both():
    np.testing.assert_array_equal(filled(SQUARE, EMPTY, EMPTY, SQUARE), [SQUARE] * 4)


def test_three_missing_frames_are_too_many_by_default_and_can_be_allowed():
    frames = (SQUARE, EMPTY, EMPTY, EMPTY, SQUARE)
    np.testing.assert_array_equal(filled(*frames), frames)
    np.testing.assert_array_equal(filled(*frames, max_gap_frames=3), [SQUARE] * 5)


def test_nothing_is_put_before_the_first_or_after_the_last_sight():
    frames = (EMPTY, SQUARE, SQUARE, EMPTY)
    np.testing.assert_array_equal(filled(*frames), frames)


def test_cell_put_back_gets_a_label_of_its_own():
    other = np.zeros(SHAPE, np.int32)
    other[5:15, 5:15] = 7
    result = filled(SQUARE + other, other, SQUARE + other)
    np.testing.assert_array_equal(result[1], 8 * SQUARE + other)


def test_cell_that_moved_meanwhile_is_put_half_way():
    first, last = (disc(SHAPE, (30, x), 12).astype(np.int32) for x in (30, 36))
    result = filled(first, EMPTY, last)
    middle = result[1] > 0
    y, x = np.argwhere(middle).mean(axis=0)
    assert abs(x - 33) < 0.5
    assert abs(y - 30) < 0.5
    # The average of the two distance maps is a little smaller than the disc.
    assert 0.85 < middle.sum() / disc(SHAPE, (30, 30), 12).sum() <= 1


def test_cell_that_jumped_further_than_itself_is_not_filled():
    first, last = (disc(SHAPE, (30, x), 8).astype(np.int32) for x in (20, 45))
    assert (filled(first, EMPTY, last)[1] == 0).all()


def test_rim_lost_for_a_frame_is_not_made_a_cell():
    wide = disc(SHAPE, (30, 40), 20).astype(np.int32)
    narrow = disc(SHAPE, (30, 40), 10).astype(np.int32)
    np.testing.assert_array_equal(filled(wide, narrow, wide)[1], narrow)


def test_what_is_put_back_is_one_piece():
    across = EMPTY.copy()
    across[10:50, 33] = 3  # a thin arm of another cell
    result = filled(SQUARE, across, SQUARE)[1]
    np.testing.assert_array_equal(np.argwhere(result == 4), np.argwhere(SQUARE[:, :33]))
    np.testing.assert_array_equal(filled(SQUARE, across, SQUARE, min_area_um2=261)[1], across)


def test_objects_under_the_least_area_are_not_put_back():
    speck = np.zeros(SHAPE, np.int32)
    speck[10:19, 10:21] = 1  # 99 px
    frames = (speck, EMPTY, speck)
    np.testing.assert_array_equal(filled(*frames, min_area_um2=100), frames)
    np.testing.assert_array_equal(filled(*frames, min_area_um2=99), [speck] * 3)


def test_least_area_is_physical():
    speck = np.zeros(SHAPE, np.int32)
    speck[10:20, 10:20] = 1  # 100 px, 25 um2
    labels = LabelMovie.from_array(np.stack([speck, EMPTY, speck]), Calibration(pixel_size_um=0.5))
    assert fill_gaps(labels, GapFillingConfig(min_area_um2=25)).frame(1).any()
    assert not fill_gaps(labels, GapFillingConfig(min_area_um2=26)).frame(1).any()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_original_pixels_never_change(seed):
    rng = np.random.default_rng(seed)
    frames = []
    for _ in range(6):
        labels = np.zeros(SHAPE, np.int32)
        for value, (y, x) in enumerate(((15, 15), (15, 50), (45, 30)), start=1):
            if rng.random() < 0.6:
                labels[disc(SHAPE, (y + rng.integers(-3, 4), x + rng.integers(-3, 4)), 9)] = value
        frames.append(labels)
    for original, result in zip(frames, filled(*frames), strict=True):
        assert (result[original > 0] == original[original > 0]).all()


def test_reading_in_order_reads_every_frame_once_and_keeps_a_bounded_number():
    source = CountedFrames(np.stack([SQUARE] * 20))
    movie = fill_gaps(LabelMovie(source))
    for labels in movie:
        assert labels.any()
    assert set(source.reads.values()) == {1}
    assert len(movie.source._recent) == 5


def test_any_order_gives_the_same_labels():
    frames = np.stack([SQUARE, EMPTY, SQUARE, SQUARE, EMPTY, EMPTY, SQUARE])
    movie = fill_gaps(LabelMovie.from_array(frames))
    expected = movie.to_array()
    for index in (6, 0, 4, 1, 5):
        np.testing.assert_array_equal(movie.frame(index), expected[index])


def test_pickled_movie_carries_no_frames():
    movie = fill_gaps(LabelMovie.from_array(np.stack([SQUARE, EMPTY, SQUARE])))
    movie.frame(1)
    copy = pickle.loads(pickle.dumps(movie))
    assert not copy.source._recent
    np.testing.assert_array_equal(copy.to_array(), movie.to_array())
