"""Outlines: on the pixels' edges, few points, nothing lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray
from skimage.draw import polygon2mask

from podia.reporting.outline_tracing import outlines

SMALL_LABELS = arrays(np.int32, st.tuples(st.integers(1, 12), st.integers(1, 12)), elements=st.integers(0, 3))


def filled(shape: tuple[int, int], loops: list[NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Return the pixels whose centres lie inside an odd number of loops."""
    inside = np.zeros(shape, bool)
    for loop in loops:
        inside ^= polygon2mask(shape, loop)
    return inside


@given(SMALL_LABELS)
@settings(max_examples=80, deadline=None)
def test_under_a_third_of_a_pixel_of_tolerance_the_outlines_enclose_exactly_the_cells(labels):
    found = outlines(labels, tolerance_px=0.34)
    assert sorted(found) == sorted(set(np.unique(labels).tolist()) - {0})
    for label, loops in found.items():
        np.testing.assert_array_equal(filled(labels.shape, loops), labels == label)


@given(SMALL_LABELS, st.integers(0, 5), st.integers(0, 5))
@settings(max_examples=30, deadline=None)
def test_outlines_move_with_the_cells(labels, down, right):
    moved = np.pad(labels, ((down, 1), (right, 2)))
    before, after = outlines(labels), outlines(moved)
    assert list(before) == list(after)
    for label, loops in before.items():
        for here, there in zip(loops, after[label], strict=True):
            np.testing.assert_array_equal(here + np.array([down, right]), there)


def test_a_square_has_its_corners_cut_by_half_a_pixel_and_eight_points_at_most():
    labels = np.zeros((9, 9), np.int32)
    labels[2:7, 3:7] = 5
    (loop,) = outlines(labels, tolerance_px=0.3)[5]
    assert len(loop) == 8
    # The outline runs along the pixels' edges: half a pixel outside the outermost centres.
    np.testing.assert_array_equal(loop.min(axis=0), [1.5, 2.5])
    np.testing.assert_array_equal(loop.max(axis=0), [6.5, 6.5])


def test_a_ring_has_an_outer_outline_and_that_of_its_hole():
    labels = np.zeros((9, 9), np.int32)
    labels[1:8, 1:8] = 1
    labels[3:6, 3:6] = 0
    assert len(outlines(labels)[1]) == 2


def test_diagonal_neighbours_share_one_outline():
    labels = np.diag([1, 1, 1]).astype(np.int32)
    assert len(outlines(labels, tolerance_px=0.0)[1]) == 1


def test_touching_cells_keep_their_own_outlines():
    labels = np.repeat([[1, 1, 2, 2]], 4, axis=0).astype(np.int32)
    found = outlines(labels, tolerance_px=0.3)
    assert found[1][0][:, 1].max() == found[2][0][:, 1].min() == 1.5


def test_an_image_without_cells_has_no_outlines():
    assert outlines(np.zeros((5, 6), np.int32)) == {}


@pytest.mark.parametrize("tolerance_px", [0.3, 0.5, 1.0])
def test_no_point_of_a_disc_outline_strays_further_than_the_tolerance(tolerance_px):
    y, x = np.ogrid[:120, :120]
    labels = ((y - 60) ** 2 + (x - 60) ** 2 <= 50**2).astype(np.int32)
    (full,) = outlines(labels, tolerance_px=0.0)[1]
    (thin,) = outlines(labels, tolerance_px=tolerance_px)[1]
    starts, ends = thin, np.roll(thin, -1, axis=0)
    along = ends - starts
    share = np.einsum("psk,sk->ps", full[:, None] - starts, along) / (along**2).sum(axis=1)
    nearest = starts + np.clip(share, 0, 1)[..., None] * along
    stray = np.hypot(*np.moveaxis(full[:, None] - nearest, -1, 0)).min(axis=1)
    assert stray.max() <= tolerance_px + 1e-9
    assert len(thin) < len(full)
