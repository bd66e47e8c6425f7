"""Shortest paths inside cells, against geometry and against independent algorithms."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.ndimage import label
from scipy.sparse import lil_array
from scipy.sparse.csgraph import dijkstra
from skimage.draw import line

from podia.measurement.protrusions.funnel import path_length
from podia.measurement.protrusions.geodesic import Geodesics
from podia.measurement.protrusions.runs import find_runs
from podia.testing.drawn_cells import arm_tip, disc, ring, strip

MASKS = arrays(np.bool_, (7, 8), elements=st.sampled_from([True, True, True, False]))


def length(mask: np.ndarray, source: tuple[float, float], target: tuple[float, float]) -> float:
    return path_length(Geodesics(mask, source).path_to(target))


def u_shape(gap: int, depth: int = 40, width: int = 11) -> np.ndarray:
    mask = np.zeros((depth + width + 2, 2 * width + gap + 2), bool)
    mask[1:-1, 1:-1] = True
    mask[1 : depth + 1, width + 1 : width + 1 + gap] = False
    return mask


@pytest.mark.parametrize("angle", range(0, 360, 15))
def test_a_straight_arm_is_as_long_in_every_direction(angle):
    tip = arm_tip((60, 60), angle, 50)
    mask = disc(12) | strip((60, 60), tip, 4)
    assert length(mask, (60, 60), tip) == pytest.approx(50, rel=1e-9)


@pytest.mark.parametrize("angle", range(0, 91, 9))
def test_an_arm_one_pixel_wide_winds_by_little(angle):
    y, x = (round(value) for value in arm_tip((60, 60), angle, 50))
    mask = np.zeros((121, 121), bool)
    mask[line(60, 60, y, x)] = True
    straight = math.hypot(y - 60, x - 60)
    assert straight <= length(mask, (60, 60), (y, x)) + 1e-9
    # Its pixels meet at corners that the path has to pass; chamfer steps add up to 8 % instead.
    assert length(mask, (60, 60), (y, x)) < 1.015 * straight


def test_chamfer_counts_steps_of_1_and_sqrt_2():
    mask = np.pad(np.ones((10, 30), bool), 1)
    steps = Geodesics(mask, (1, 1))
    assert steps.chamfer_length_to((1, 21)) == pytest.approx(20)
    assert steps.chamfer_length_to((9, 9)) == pytest.approx(8 * math.sqrt(2))
    # At 22.5 degrees, its worst direction, 8 % too long.
    assert steps.chamfer_length_to((9, 20)) == pytest.approx(11 + 8 * math.sqrt(2))


@pytest.mark.parametrize("gap", [1, 2, 9])
def test_the_way_between_the_arms_of_a_u_goes_round_the_gap(gap):
    mask = u_shape(gap)
    left, right = (1, 6), (1, mask.shape[1] - 7)
    # From the middles of the arms to the corners at the foot of the gap, and along it.
    expected = 2 * math.hypot(39.5, 5.5) + gap
    assert length(mask, left, right) == pytest.approx(expected)


def test_a_diagonal_gap_one_pixel_wide_keeps_apart_what_hangs_together_elsewhere():
    mask = np.pad(np.ones((30, 30), bool), 1)
    for i in range(1, 27):
        mask[i, i] = False
    # Its foot is the corner below and right of pixel (26, 26).
    expected = math.dist((2, 1), (26.5, 25.5)) + 1 + math.dist((25.5, 26.5), (1, 2))
    found = length(mask, (2, 1), (1, 2))
    assert found == pytest.approx(expected, abs=1.0)
    assert Geodesics(mask, (2, 1)).chamfer_length_to((1, 2)) == pytest.approx(math.sqrt(2))


def test_a_bent_arm_is_measured_along_its_inner_side():
    mask = np.zeros((40, 60), bool)
    mask[1:11, 1:51] = mask[1:39, 41:51] = True
    corner = (10.5, 40.5)
    expected = math.dist((5, 5), corner) + math.dist(corner, (38, 48))
    assert length(mask, (5, 5), (38, 48)) == pytest.approx(expected)


@pytest.mark.parametrize("angle", [10, 90, 170, -30, -100])
def test_a_hole_is_passed_on_the_nearer_side(angle):
    mask = ring(20, 40)
    target = arm_tip((60, 60), angle, 30)
    # Two tangents to the hole and the arc between them.
    turn = math.radians(abs(angle)) - 2 * math.acos(20 / 30)
    expected = (
        2 * math.sqrt(30**2 - 20**2) + 20 * turn if turn > 0 else 60 * math.sin(math.radians(abs(angle)) / 2)
    )
    # A drawn hole is rough by half a pixel.
    assert length(mask, (60, 90), target) == pytest.approx(expected, rel=0.02)


def test_runs_that_share_an_edge_hang_together_and_corners_join_pieces_only():
    stairs = np.pad(np.array([[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 1, 1]], bool), 1)
    assert find_runs(stairs).contacts.tolist() == [[0, 1], [1, 2]]
    notch = np.pad(np.array([[1, 0, 1], [1, 1, 0], [1, 1, 1]], bool), 1)
    # The upper right pixel is a piece of its own.
    assert [1, 2] in find_runs(notch).contacts.tolist()


@settings(max_examples=25, deadline=None)
@given(MASKS, st.data())
def test_the_path_is_the_shortest_there_is(mask, data):
    mask = _largest_piece(mask)
    assume(not find_runs(mask).has_holes and not _closes_a_ring_at_a_corner(mask))
    pixels = np.argwhere(mask).tolist()
    source, target = (tuple(data.draw(st.sampled_from(pixels))) for _ in range(2))
    assert length(mask, source, target) == pytest.approx(_by_visibility(mask, source, target), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(MASKS, st.data())
def test_there_and_back_is_as_far_and_never_below_the_straight_line(mask, data):
    mask = _largest_piece(mask)
    pixels = np.argwhere(mask).tolist()
    source, target = (tuple(data.draw(st.sampled_from(pixels))) for _ in range(2))
    there = length(mask, source, target)
    assert there >= math.dist(source, target) - 1e-9
    if not find_runs(mask).has_holes:
        assert there == pytest.approx(length(mask, target, source))
        # Where pixels of one piece meet at a bare corner, chamfer steps pass through.
        if not _has_bare_corner(mask):
            assert there <= Geodesics(mask, source).chamfer_length_to(target) + 1e-9


def _has_bare_corner(mask: np.ndarray) -> bool:
    a, b, c, d = mask[:-1, :-1], mask[:-1, 1:], mask[1:, :-1], mask[1:, 1:]
    return bool(((a & d & ~b & ~c) | (b & c & ~a & ~d)).any())


def _largest_piece(mask: np.ndarray) -> np.ndarray:
    """Return the largest 4-connected piece, so that the region's inside hangs together too."""
    pieces, _ = label(mask)
    sizes = np.bincount(pieces.ravel())[1:]
    assume(len(sizes) > 0)
    return np.pad(pieces == 1 + sizes.argmax(), 1)


def _closes_a_ring_at_a_corner(mask: np.ndarray) -> bool:
    """Whether two pixels that share a corner alone surround background: paths do not pass such a corner."""
    return int(label(~mask)[1]) > 1


def _by_visibility(mask: np.ndarray, source: tuple[int, int], target: tuple[int, int]) -> float:
    """Return the shortest path over pixel corners that see one another (brute force)."""
    corners = {
        (y + dy, x + dx) for y, x in np.argwhere(mask).tolist() for dy in (-0.5, 0.5) for dx in (-0.5, 0.5)
    }
    points = [source, target, *sorted(corners)]
    graph = lil_array((len(points), len(points)))
    for i, j in combinations(range(len(points)), 2):
        if points[i] != points[j] and _sees(mask, points[i], points[j]):
            graph[i, j] = math.dist(points[i], points[j])
    if source == target:
        return 0.0
    return float(dijkstra(graph.tocsr(), directed=False, indices=0)[1])


def _sees(mask: np.ndarray, a: tuple[float, float], b: tuple[float, float]) -> bool:
    """Return whether the segment lies in the cell: each bit of it between grid lines does, on one side."""
    (ay, ax), (by, bx) = a, b
    cuts = {0.0, 1.0}
    for low, high in ((ay, by), (ax, bx)):
        if low != high:
            lines = np.arange(math.floor(min(low, high)) - 0.5, max(low, high) + 1)
            cuts |= {t for t in ((lines - low) / (high - low)).tolist() if 0 < t < 1}
    steps = sorted(cuts)
    for start, stop in pairwise(steps):
        t = (start + stop) / 2
        y, x = ay + t * (by - ay), ax + t * (bx - ax)
        # A bit that runs along a grid line has a pixel on either side.
        ys = (y - 0.5, y + 0.5) if (y + 0.5).is_integer() and ay == by else (y,)
        xs = (x - 0.5, x + 0.5) if (x + 0.5).is_integer() and ax == bx else (x,)
        if not any(mask[round(v), round(u)] for v in ys for u in xs):
            return False
    return all(_passes_corner(mask, ay + t * (by - ay), ax + t * (bx - ax)) for t in steps[1:-1])


def _passes_corner(mask: np.ndarray, y: float, x: float) -> bool:
    """Return whether a path may pass here: not through a corner at which two pixels only touch."""
    if not (math.isclose((y + 0.5) % 1, 0, abs_tol=1e-9) and math.isclose((x + 0.5) % 1, 0, abs_tol=1e-9)):
        return True
    top, left = math.floor(y), math.floor(x)
    square = mask[top : top + 2, left : left + 2]
    return square.tolist() not in ([[True, False], [False, True]], [[False, True], [True, False]])
