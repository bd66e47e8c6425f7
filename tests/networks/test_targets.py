from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from heads import HEADS as ALL_HEADS
from podia.labels.distances import (
    depth_inside,
    distance_to_outline,
    distances_to_two_nearest,
)
from podia.networks.outputs.base import AnnotationType
from podia.networks.outputs.pixel_weights import PixelWeights, pixel_weight_map
from podia.networks.outputs.targets import Target
from podia.networks.outputs.targets import make_target as make_target_of
from podia.testing.drawn_cells import disc, star

HEADS = tuple(name for name, head in ALL_HEADS.items() if head.per_pixel)


def make_target(
    labels: np.ndarray, head: str, settings: dict[str, Any] | None = None, **given: Any
) -> Target:
    output = ALL_HEADS[head]
    known = output.target_config.model_fields
    settings = {key: value for key, value in (settings or {}).items() if key in known}
    return make_target_of(labels, output, output.target_config.parse(settings), **given)


@pytest.fixture
def two_squares() -> np.ndarray:
    """Two squares of 4 x 4 px side by side, off the edge."""
    labels = np.zeros((8, 12), np.int32)
    labels[2:6, 2:6] = 5
    labels[2:6, 6:10] = 9
    return labels


def label_images(size: int = 16):
    """Blocks of cells, background and unlabelled pixels, as small as they come."""
    values = st.lists(st.integers(-1, 4), min_size=16, max_size=16)
    return values.map(lambda v: np.array(v, np.int32).reshape(4, 4).repeat(size // 4, 0).repeat(size // 4, 1))


def nearest_by_hand(labels: np.ndarray, of: np.ndarray) -> np.ndarray:
    """Distance of every pixel to the nearest pixel of `of`, pair by pair."""
    y, x = np.nonzero(of)
    yy, xx = np.mgrid[: labels.shape[0], : labels.shape[1]]
    if not y.size:
        return np.full(labels.shape, np.inf)
    return np.sqrt((yy[..., None] - y) ** 2 + (xx[..., None] - x) ** 2).min(-1)


def test_contour_is_one_pixel_wide_inside_each_of_two_touching_cells(two_squares):
    np.testing.assert_array_equal(
        make_target(two_squares, "contour")[0, 3], [0, 0, 2, 1, 1, 2, 2, 1, 1, 2, 0, 0]
    )
    np.testing.assert_array_equal(
        make_target(two_squares, "contour")[0, 2], [0, 0, 2, 2, 2, 2, 2, 2, 2, 2, 0, 0]
    )


def test_contour_needs_only_a_diagonal_neighbour():
    labels = np.ones((5, 5), np.int32)
    labels[0, 0] = 0
    assert make_target(labels, "contour")[0, 1, 1] == 2


def test_frame_edge_is_no_contour():
    assert (make_target(np.ones((6, 6), np.int32), "contour") == 1).all()


def test_wider_contour_is_the_contour_of_what_is_left():
    cell = disc(12, size=41).astype(np.int32)
    wide = make_target(cell, "contour", {"contour_px": 3})[0] == 2
    inner = ndi.binary_erosion(cell, np.ones((3, 3)), iterations=3)
    np.testing.assert_array_equal(wide, cell.astype(bool) & ~inner)


def test_edge_of_an_unlabelled_region_is_a_contour():
    """Where only some cells were drawn, all around them is unlabelled, and their outline is still known."""
    labels = np.full((7, 7), -1, np.int32)
    labels[2:5, 2:5] = 3
    target = make_target(labels, "contour")[0]
    assert (target[labels < 0] == -1).all()
    np.testing.assert_array_equal(target[2:5, 2:5], [[2, 2, 2], [2, 1, 2], [2, 2, 2]])


@pytest.mark.parametrize("head", [head for head in HEADS if head != "center_classification"])
def test_unlabelled_pixels_are_minus_one_in_every_channel(head, two_squares):
    two_squares[:, :3] = -1
    target = make_target(two_squares, head)
    assert target.dtype == np.float32
    n_channels = {"distance": 3, "cells_and_spots": 2}.get(head, 1)
    assert target.shape == (n_channels, 8, 12)
    np.testing.assert_array_equal(target == -1, np.broadcast_to(two_squares < 0, target.shape))


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("value", [0, -1])
def test_frame_without_cells(head, value):
    target = make_target(np.full((5, 6), value, np.int32), head)
    assert (target == value).all()


def test_foreground_of_touching_cells_has_a_gap_if_asked(two_squares):
    assert make_target(two_squares, "binary")[0, 3].tolist() == [0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0]
    gap = make_target(two_squares, "binary", {"gap_px": 1})
    assert gap[0, 3].tolist() == [0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 0, 0]
    lone = np.where(two_squares == 9, 0, two_squares)
    np.testing.assert_array_equal(make_target(lone, "binary", {"gap_px": 1})[0], lone > 0)


def test_depth_is_one_in_the_middle_of_each_cell_and_small_along_an_arm():
    cell = star([0.0], length=50.0, half_width=2.0, radius=15.0).astype(np.int32)
    depth = make_target(cell, "distance")[1]
    assert depth[60, 60] == 1.0
    # Three of its rows are at most 3 px deep where the body is 16 px deep.
    assert 0 < depth[60, 100] <= 3 / 15
    assert depth.max() == 1.0


def test_each_of_two_touching_cells_has_its_own_depth(two_squares):
    depth = make_target(two_squares, "distance")[1]
    np.testing.assert_array_equal(depth[3], [0, 0, 0.5, 1, 1, 0.5, 0.5, 1, 1, 0.5, 0, 0])


def test_neighbour_is_one_where_cells_touch_and_falls_to_zero_at_the_reach():
    for gap in (0, 2, 5):
        labels = np.zeros((5, 60), np.int32)
        labels[:, :20] = 1
        labels[:, 20 + gap : 40] = 2
        neighbour = make_target(labels, "distance", {"neighbour_reach_px": 10})[2, 2]
        # The same on both edges and on the background between them; every pixel deeper is one farther away.
        assert neighbour[19 : 21 + gap] == pytest.approx((1 - gap / 10) ** 3)
        assert neighbour[16] == pytest.approx((1 - (gap + 3) / 10) ** 3)
        assert neighbour[9 + gap] == pytest.approx(0.0)
        assert neighbour[50] == 0.0


def test_spots_are_gaussians_on_centroids():
    labels = np.zeros((40, 40), np.int32)
    labels[9:12, 9:12] = 4
    labels[30:33, 25:30] = 7
    spots = make_target(labels, "spots", {"spot_sigma": "2 px"})[0]
    assert spots[10, 10] == spots[31, 27] == 1.0
    assert spots[10, 12] == pytest.approx(np.exp(-4 / 8))
    assert spots[31, 24] == pytest.approx(np.exp(-9 / 8))


@settings(max_examples=40, deadline=None)
@given(label_images())
def test_distances_equal_those_of_all_pairs_of_pixels(labels):
    cells = [k for k in np.unique(labels) if k > 0]
    distances = np.sort(
        [nearest_by_hand(labels, labels == k) for k in cells] + [np.full(labels.shape, np.inf)] * 2, 0
    )
    first, second = distances_to_two_nearest(labels, 8.0)
    near = distances[0] + distances[1] <= 8.0
    np.testing.assert_allclose(first[near], distances[0][near], rtol=1e-6)
    np.testing.assert_allclose(second[near], distances[1][near], rtol=1e-6)
    assert (first + second)[~near].min(initial=np.inf) > 8.0
    depth = depth_inside(labels, relative=False)
    for k in cells:
        inside = labels == k
        expected = 1.0 if inside.all() else nearest_by_hand(labels, ~inside)[inside]
        np.testing.assert_allclose(depth[inside], expected, rtol=1e-6)
    if cells:
        outside = labels <= 0
        np.testing.assert_allclose(distance_to_outline(labels)[outside], distances[0][outside], rtol=1e-6)


@settings(max_examples=25, deadline=None)
@given(label_images(), st.sampled_from(HEADS), st.integers(0, 3))
def test_targets_turn_with_the_labels_and_do_not_ask_for_numbers(labels, head, turns):
    target = make_target(labels, head)
    np.testing.assert_allclose(
        make_target(np.rot90(labels, turns), head), np.rot90(target, turns, (1, 2)), atol=1e-6
    )
    renumbered = np.where(labels > 0, 50 - 3 * labels, labels).astype(np.int32)
    np.testing.assert_allclose(make_target(renumbered, head), target, atol=1e-6)


def test_shape_weights_are_those_of_the_paper():
    labels = np.zeros((1, 40), np.int32)
    labels[0, 20:30] = 1  # 10 px of cell, 30 of background: w_c = 3
    weights = pixel_weight_map(labels, PixelWeights(kind="shape", alpha=10, sigma_px=5))
    distance = np.abs(np.arange(40) - 29.5) + 0.5
    distance[:20] = np.arange(20, 0, -1)
    distance[20:30] = [1, 2, 3, 4, 5, 5, 4, 3, 2, 1]
    class_weight = np.where(labels[0] > 0, 3.0, 1.0)
    np.testing.assert_allclose(weights[0], class_weight + 10 * np.exp(-(distance**2) / 50), rtol=1e-5)


def test_border_weights_are_those_of_the_paper():
    labels = np.zeros((1, 40), np.int32)
    labels[0, 5:15], labels[0, 19:30] = 1, 2  # a gap of 4 px: d1 + d2 = 5 in all of it
    labels[0, 35:] = -1
    weights = pixel_weight_map(labels, PixelWeights(kind="border", alpha=10, sigma_px=5))[0]
    np.testing.assert_allclose(weights[15:19], 1 + 10 * np.exp(-25 / 50), rtol=1e-5)
    np.testing.assert_allclose(weights[14], 14 / 21 + 10 * np.exp(-25 / 50), rtol=1e-5)
    assert (weights[35:] == 0).all()


@pytest.mark.parametrize("kind", ["shape", "border"])
@pytest.mark.parametrize("value", [0, 1])
def test_weights_without_any_outline_are_one(kind, value):
    weights = pixel_weight_map(np.full((6, 7), value, np.int32), PixelWeights(kind=kind, alpha=0))
    assert (weights == 1).all()


def test_weights_are_the_last_channel(two_squares):
    weights = PixelWeights(kind="shape")
    target = make_target(two_squares, "distance", weights=weights)
    assert target.shape[0] == 4
    np.testing.assert_array_equal(target[3], pixel_weight_map(two_squares, weights))


@pytest.mark.parametrize("head", HEADS)
def test_labels_are_not_changed(head, two_squares):
    before = two_squares.copy()
    make_target(two_squares, head, {"gap_px": 1}, weights=PixelWeights(kind="border"))
    np.testing.assert_array_equal(two_squares, before)


def test_each_cell_costs_as_much_as_its_surroundings_only():
    """A patch of 60 cells takes no 60 transforms of the whole patch (measured: 3 ms, against 150)."""
    labels = np.zeros((256, 256), np.int32)
    for i in range(60):
        y, x = 8 + 24 * (i // 10), 8 + 24 * (i % 10)
        labels[y : y + 12, x : x + 12] = i + 1
    make_target(labels, "distance")
    started = time.process_time()
    make_target(labels, "distance")
    per_patch = time.process_time() - started
    started = time.process_time()
    for _ in range(60):
        ndi.distance_transform_edt(labels > 0)
    assert per_patch < (time.process_time() - started) / 2


@pytest.mark.parametrize("head", ["contour", "distance"])
def test_a_foreground_gives_no_target_that_needs_single_cells(head, two_squares):
    target = make_target(two_squares, head, kind=AnnotationType(instances=False))
    background = two_squares == 0
    if head == "distance":
        np.testing.assert_array_equal(target[0], two_squares > 0)
        assert (target[1:] == -1).all()
    else:
        assert (target[0][~background] == -1).all()
        np.testing.assert_array_equal(target[0][background], make_target(two_squares, head)[0][background])


@pytest.mark.parametrize(
    ("head", "reach_px"), [("spots", 4 * 2.0), ("cells_and_spots", 4 * 2.0), ("center_classification", 7.0)]
)
def test_a_foreground_teaches_centres_only_that_there_are_none_far_from_it(head, reach_px):
    labels = np.zeros((40, 60), np.int32)
    labels[10:15, 10:15] = labels[10:15, 30:35] = 1  # the joint centroid lies between the two
    config = {"spot_sigma": "2 px", "presence_radius_px": 3.0, "absence_radius_px": 7.0}
    target = make_target(labels, head, config, kind=AnnotationType(instances=False))[-1]
    y, x = np.mgrid[:40, :60]
    cell = np.argwhere(labels)
    away = np.hypot(y[..., None] - cell[:, 0], x[..., None] - cell[:, 1]).min(axis=-1)
    np.testing.assert_array_equal(target, np.where(away <= reach_px, -1, 0))
    empty = make_target(np.zeros_like(labels), head, config, kind=AnnotationType(instances=False))[-1]
    assert not empty.any()


def one_cell_in_the_middle() -> np.ndarray:
    labels = np.zeros((41, 61), np.int32)
    labels[19:22, 29:32] = 1
    return labels


def test_points_teach_both_heads_no_foreground(two_squares):
    target = make_target(two_squares, "cells_and_spots", kind=AnnotationType(outlines=False))
    assert (target[0] == -1).all()
    np.testing.assert_array_equal(target[1], make_target(two_squares, "spots")[0])


@pytest.mark.parametrize("head", ["softmax", "contour", "distance", "binary"])
def test_points_teach_nothing_that_needs_outlines(head, two_squares):
    assert (make_target(two_squares, head, kind=AnnotationType(outlines=False)) == -1).all()


def test_spots_are_as_wide_in_um_as_asked_where_the_pixel_size_is_known():
    config = {"spot_sigma": "4 um or 7 px"}
    known = make_target(one_cell_in_the_middle(), "spots", config, kind=AnnotationType(pixel_size_um=2.0))[0]
    assert known[20, 32] == pytest.approx(np.exp(-4 / (2 * 2**2)))
    unknown = make_target(one_cell_in_the_middle(), "spots", config)[0]
    assert unknown[20, 32] == pytest.approx(np.exp(-4 / (2 * 7**2)))


def test_background_is_known_near_annotated_cells_and_on_a_grid():
    config = {"ignore_beyond_px": 10.0, "background_spacing_px": 8}
    target = make_target(one_cell_in_the_middle(), "spots", config)[0]
    y, x = np.mgrid[:41, :61]
    near = np.hypot(y - 20, x - 30) <= 10
    grid = (y % 8 == 4) & (x % 8 == 4)
    np.testing.assert_array_equal(target >= 0, near | grid)
    whole = make_target(one_cell_in_the_middle(), "spots")[0]
    np.testing.assert_array_equal(target[near | grid], whole[near | grid])
    no_grid = config | {"background_spacing_px": None}
    np.testing.assert_array_equal(make_target(one_cell_in_the_middle(), "spots", no_grid)[0] >= 0, near)


@pytest.mark.parametrize("head", ["softmax", "contour", "binary", "distance", "cells_and_spots"])
def test_masks_are_known_near_their_outlines_and_on_a_grid(head, two_squares):
    config = {"ignore_beyond_px": 2.0, "background_spacing_px": 8}
    known = ndi.distance_transform_edt(two_squares == 0) <= 2.0
    known[4::8, 4::8] = True
    target, whole = make_target(two_squares, head, config), make_target(two_squares, head)
    assert not known.all()
    for channel, its_whole in zip(target, whole, strict=True):
        np.testing.assert_array_equal(channel, np.where(known, its_whole, -1.0))
    nobody = make_target(np.zeros_like(two_squares), head, config)
    assert (nobody >= 0).sum() == nobody[:, 4::8, 4::8].size


def test_presence_is_known_near_centres_and_far_from_them():
    config = {"presence_radius_px": 3.0, "absence_radius_px": 15.0}
    presence = make_target(one_cell_in_the_middle(), "center_classification", config)[0]
    assert presence[20, 27:48].tolist() == [1] * 7 + [-1] * 12 + [0] * 2
