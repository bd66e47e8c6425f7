"""Thinning keeps what hangs together, and thin arms in every direction."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import label
from skimage.measure import euler_number

from podia.measurement.protrusions.thinning import thin
from podia.testing.drawn_cells import arm_tip, disc, strip

MASKS = arrays(np.bool_, (12, 13), elements=st.sampled_from([True, True, False]))
EIGHT = np.ones((3, 3))


@settings(max_examples=60, deadline=None)
@given(MASKS)
def test_what_hangs_together_stays_so_and_holes_stay(mask):
    # A long tail on every piece: one without arms may vanish.
    padded = np.pad(mask, ((1, 6), (1, 1)))
    padded[13, 1:-1] = True
    padded[13:18, 2] = True
    (thinned,) = thin([padded])
    assert not (thinned & ~padded).any()
    pieces = label(padded, EIGHT)[0]
    own = pieces == pieces[17, 2]
    padded, thinned = padded & own, thinned & own
    assert label(thinned, EIGHT)[1] == label(padded, EIGHT)[1]
    assert euler_number(thinned, connectivity=2) == euler_number(padded, connectivity=2)


@settings(max_examples=20, deadline=None)
@given(MASKS, MASKS)
def test_cells_thinned_together_come_out_as_alone(one, other):
    masks = [np.pad(one, 1), np.pad(other[:9, :7], 1)]
    for together, alone in zip(thin(masks), [thin([mask])[0] for mask in masks], strict=True):
        assert (together == alone).all()


@pytest.mark.parametrize("angle", range(0, 360, 15))
@pytest.mark.parametrize("half_width", [1.0, 1.5, 3.0])
def test_no_thin_arm_is_eaten_up(angle, half_width):
    mask = disc(12) | strip((60, 60), arm_tip((60, 60), angle, 45), half_width)
    (thinned,) = thin([mask])
    rows, cols = np.nonzero(thinned)
    reach = np.hypot(rows - 60, cols - 60).max()
    # The end disc of the arm has its centre at 45, and thinning stops near it.
    assert reach > 45 - 2.5


def test_no_cells_no_skeletons():
    assert thin([]) == []
