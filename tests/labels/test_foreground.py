from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst
from skimage.morphology import closing, disk

from podia.labels.foreground import (
    close_gaps,
    fill_holes,
    remove_small_objects,
    smooth_by_majority,
)
from podia.testing.phase_contrast import disc

masks = npst.arrays(bool, npst.array_shapes(min_dims=2, max_dims=2, min_side=3, max_side=12))


def test_small_objects_are_counted_with_diagonals():
    mask = np.eye(8, dtype=bool)
    mask[0, 6] = True
    kept = remove_small_objects(mask, 8)
    assert kept.sum() == 8
    assert not kept[0, 6]


def test_only_holes_up_to_the_limit_are_filled_and_never_those_open_to_the_edge():
    mask = np.ones((20, 20), bool)
    mask[2:4, 2:4] = False  # 4 px
    mask[8:13, 8:13] = False  # 25 px
    mask[17:20, 4:6] = False  # 6 px, open to the edge
    filled = fill_holes(mask, 10)
    assert filled[2:4, 2:4].all()
    assert not filled[8:13, 8:13].any()
    assert not filled[17:20, 4:6].any()
    assert fill_holes(mask, None)[8:13, 8:13].all()


@settings(max_examples=30, deadline=None)
@given(masks, st.integers(1, 3))
def test_closing_equals_the_closing_with_a_disc(mask, radius):
    margin = 4 * radius
    expected = closing(np.pad(mask, margin, mode="edge"), disk(radius))[margin:-margin, margin:-margin]
    np.testing.assert_array_equal(close_gaps(mask, radius), expected)


def test_closing_joins_a_gap_up_to_twice_its_radius():
    mask = np.zeros((21, 40), bool)
    mask[5:16, :18] = True
    mask[5:16, 22:] = True  # a gap of 4 px
    assert not close_gaps(mask, 1)[10, 18:22].any()
    assert close_gaps(mask, 2)[10, 18:22].all()


def test_physical_radius_that_is_almost_whole_counts_as_whole():
    mask = disc((30, 30), (15, 15), 9) & ~disc((30, 30), (15, 15), 4)
    np.testing.assert_array_equal(close_gaps(mask, 2.406 / 0.802), close_gaps(mask, 3))


@pytest.mark.parametrize("value", [False, True])
def test_uniform_masks_stay_as_they_are(value):
    mask = np.full((9, 11), value)
    for cleaned in (close_gaps(mask, 3), fill_holes(mask, None), smooth_by_majority(mask, 0)):
        assert (cleaned == mask).all()


def test_majority_takes_single_pixels_off_an_outline():
    mask = np.zeros((12, 12), bool)
    mask[4:, :] = True
    mask[3, 6] = True
    smoothed = smooth_by_majority(mask, 1)
    assert not smoothed[3, 6]
    assert smoothed[4:11, 1:11].all()


@settings(max_examples=30, deadline=None)
@given(masks)
def test_inputs_are_not_changed(mask):
    before = mask.copy()
    for clean in (
        lambda: remove_small_objects(mask, 4),
        lambda: fill_holes(mask, None),
        lambda: close_gaps(mask, 2),
        lambda: smooth_by_majority(mask, 5),
    ):
        clean()
        assert (mask == before).all()
