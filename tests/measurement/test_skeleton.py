"""Skeletons as graphs."""

from __future__ import annotations

import numpy as np

from podia.measurement.protrusions.skeleton import Skeleton, trace_skeleton


def drawn(*rows: str) -> Skeleton:
    """Return the graph of a skeleton drawn with hashes."""
    thin = np.pad(np.array([[character == "#" for character in row] for row in rows]), 1)
    return trace_skeleton(thin, thin.astype(np.float64))


def test_a_line_is_one_branch_with_two_ends():
    skeleton = drawn("######")
    assert [end for end, _ in skeleton.free_ends()] == [(1, 1), (1, 6)]
    assert len(skeleton.branches[0].pixels) == 6
    assert skeleton.branch_points() == []
    assert skeleton.spurs() == []


def test_a_bend_is_no_branch_point():
    skeleton = drawn("##...", ".##..", "..##.")
    assert len(skeleton.branches) == 1
    assert skeleton.branch_points() == []


def test_a_cross_has_one_branch_point_and_four_ends():
    skeleton = drawn("..#..", "..#..", "#####", "..#..", "..#..")
    assert skeleton.branch_points() == [(3, 3)]
    assert len(skeleton.free_ends()) == len(skeleton.spurs()) == 4


def test_neighbouring_crossing_pixels_are_one_branch_point():
    skeleton = drawn("#...#", ".#.#.", "..#..", "..#..", ".#.#.", "#...#")
    assert len(skeleton.branch_points()) == 1
    assert len(skeleton.branches) == 4


def test_the_branch_point_is_where_the_cell_is_widest():
    thin = (
        np.pad(
            np.array([[1, 0, 0, 0, 1], [0, 1, 0, 1, 0], [0, 0, 1, 0, 0], [0, 0, 1, 0, 0], [0, 1, 0, 1, 0]]), 1
        )
        > 0
    )
    distance = thin.astype(np.float64)
    distance[4, 3] = 2
    assert trace_skeleton(thin, distance).branch_points() == [(4, 3)]


def test_two_branch_points_with_a_loop_between_them():
    skeleton = drawn("..###..", "###.###", "..###..")
    assert len(skeleton.branch_points()) == 2
    assert len(skeleton.branches) == 4
    assert len(skeleton.free_ends()) == 2


def test_a_bare_loop_has_no_branches():
    assert drawn(".#.", "#.#", ".#.").branches == []


def test_removing_a_branch_joins_the_two_that_are_left():
    skeleton = drawn("#####", "..#..", "..#..")
    (spur,) = (branch for end, branch in skeleton.spurs() if end == (3, 3))
    skeleton.remove([spur])
    assert [end for end, _ in skeleton.free_ends()] == [(1, 1), (1, 5)]
    assert len(skeleton.branches[0].pixels) == 5


def test_a_single_pixel_has_no_branches():
    assert drawn("#").branches == []
