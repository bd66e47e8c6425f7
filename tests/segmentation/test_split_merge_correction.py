from __future__ import annotations

import pickle

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from podia.data.movie import LabelMovie
from podia.segmentation.config import SplitMergeConfig
from podia.segmentation.temporal.split_merge_correction import split_merge
from podia.testing.counted_frames import CountedFrames

SHAPE = (50, 70)
EMPTY = np.zeros(SHAPE, np.int32)
ONE = EMPTY.copy()
ONE[10:30, 10:50] = 4
TWO = ONE.copy()
TWO[10:30, 32:50] = 9


def steady(*frames: np.ndarray, **values: int) -> np.ndarray:
    return split_merge(LabelMovie.from_array(np.stack(frames)), SplitMergeConfig.parse(values)).to_array()


def cells(labels: np.ndarray) -> list[int]:
    """Areas of the cells."""
    return sorted(np.unique(labels[labels > 0], return_counts=True)[1].tolist())


def test_a_cell_cut_in_two_for_a_frame_is_one_again():
    np.testing.assert_array_equal(steady(ONE, TWO, ONE), [ONE] * 3)


def test_a_cut_of_two_frames_is_repaired_in_both_one_of_three_by_setting():
    np.testing.assert_array_equal(steady(ONE, TWO, TWO, ONE), [ONE] * 4)
    frames = (ONE, TWO, TWO, TWO, ONE)
    np.testing.assert_array_equal(steady(*frames), frames)
    np.testing.assert_array_equal(steady(*frames, max_frames=3), [ONE] * 5)


def test_cells_that_run_together_for_a_frame_are_cut_where_they_were():
    result = steady(TWO, ONE, TWO)
    assert cells(result[1]) == cells(TWO)
    np.testing.assert_array_equal(result[1] == 4, TWO == 4)


def test_the_cut_lies_half_way_between_before_and_after():
    earlier, later = ONE.copy(), ONE.copy()
    earlier[10:30, 28:50] = 5
    later[10:30, 32:50] = 5
    result = steady(earlier, ONE, later)
    assert cells(result[1]) == [20 * 20, 20 * 20]


def test_what_a_cut_leaves_of_one_cell_beyond_the_other_goes_to_the_other():
    hook = EMPTY.copy()
    hook[10:40, 4:20] = hook[10:13, 20:56] = hook[10:30, 52:56] = 1
    block = EMPTY.copy()
    block[18:38, 24:44] = 1
    apart = hook + 2 * block
    merged = (hook + block).astype(np.int32)
    merged[10:13, 20:56] = 0  # the hook's arm is out of focus
    merged[24:28, 20:52] = 1  # and both run into the block between them
    result = steady(apart, merged, apart)[1]
    np.testing.assert_array_equal(result > 0, merged > 0)
    assert len(cells(result)) == 2
    for label in np.unique(result[result > 0]):
        assert ndi.label(result == label, np.ones((3, 3)))[1] == 1
    assert result[12, 54] == 0
    assert result[20, 54] == result[30, 30] != result[30, 10]


def test_three_cells_that_run_together_are_three_again():
    three = TWO.copy()
    three[10:20, 10:32] = 7
    assert cells(steady(three, ONE, three)[1]) == cells(three)


def test_a_cut_that_comes_and_goes_with_every_frame_is_gone():
    np.testing.assert_array_equal(steady(ONE, TWO, ONE, TWO, ONE, TWO, ONE), [ONE] * 7)


def test_a_division_and_a_fusion_that_last_stay():
    for frames in ((ONE, ONE, TWO, TWO, TWO), (TWO, TWO, TWO, ONE, ONE)):
        np.testing.assert_array_equal(steady(*frames), frames)


def test_a_cell_that_crawls_by_while_another_stands_stays_one():
    frames = []
    for x in (0, 12, 24):
        frame = EMPTY.copy()
        frame[10:30, 10:30] = 1
        frame[30:40, x : x + 12] = 2
        frames.append(frame)
    np.testing.assert_array_equal(steady(*frames), frames)


def test_pieces_that_do_not_touch_stay_apart():
    apart = TWO.copy()
    apart[:, 30:34] = 0
    np.testing.assert_array_equal(steady(ONE, apart, ONE)[1], apart)


def test_each_frame_is_read_once_in_order_and_any_order_gives_the_same():
    frames = np.stack([ONE, TWO, ONE, ONE, TWO, TWO, ONE, TWO])
    source = CountedFrames(frames)
    labels = split_merge(LabelMovie(source))
    assert not source.reads
    in_order = labels.to_array()
    assert set(source.reads.values()) == {1}
    again = pickle.loads(pickle.dumps(split_merge(LabelMovie.from_array(frames))))
    for frame in (6, 0, 4, 1):
        np.testing.assert_array_equal(again.frame(frame), in_order[frame])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_no_pixel_becomes_cell_or_background_and_no_cell_falls_apart(seed: int):
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 4, (5, 5, 6)).astype(np.int32)
    frames = np.kron(coarse, np.ones((1, 6, 6), np.int32))
    result = steady(*frames)
    np.testing.assert_array_equal(result > 0, frames > 0)
