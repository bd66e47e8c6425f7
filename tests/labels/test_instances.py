from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi
from skimage.measure import label
from skimage.morphology import h_maxima
from skimage.segmentation import watershed

from podia.data.calibration import Calibration
from podia.labels.instances import InstanceConfig, find_instances
from podia.labels.watershed import merge_shallow_basins
from podia.testing.phase_contrast import BACKGROUND, disc

SHAPE = (100, 140)
FLAT = np.full(SHAPE, BACKGROUND, np.uint8)
LEFT, RIGHT = disc(SHAPE, (50, 45), 20), disc(SHAPE, (50, 79), 20)  # 34 px apart: they overlap
DISTANCE = InstanceConfig(split="distance")


def test_two_touching_discs_are_cut_half_way():
    labels = find_instances(LEFT | RIGHT, FLAT, DISTANCE)
    assert labels.max() == 2
    assert labels[50, 45] != labels[50, 79]
    # The neck is at column 62, where the two circles meet.
    assert len(np.unique(labels[50, 25:61])) == 1
    assert len(np.unique(labels[50, 64:99])) == 1


def test_touching_discs_stay_together_without_splitting():
    labels = find_instances(LEFT | RIGHT, FLAT, InstanceConfig(split="none"))
    assert labels.max() == 1


@pytest.mark.parametrize("split", ["distance", "halo"])
@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(LEFT, id="disc"),
        pytest.param(
            ((np.mgrid[:100, :140][0] - 50) / 12) ** 2 + ((np.mgrid[:100, :140][1] - 70) / 50) ** 2 <= 1,
            id="ellipse",
        ),
        pytest.param(
            LEFT
            | (
                (np.abs(np.mgrid[:100, :140][0] - 50) <= 3)
                & (np.mgrid[:100, :140][1] > 45)
                & (np.mgrid[:100, :140][1] < 120)
            ),
            id="protrusion",
        ),
    ],
)
def test_one_cell_is_not_cut(cell, split):
    assert find_instances(cell, FLAT, InstanceConfig(split=split)).max() == 1


def test_bright_line_between_cells_without_a_neck_is_cut():
    """Two cells side by side make one straight rod: only the halo between them tells."""
    rod = np.zeros(SHAPE, bool)
    rod[40:60, 20:120] = True
    image = FLAT.copy()
    image[rod] = 100
    image[40:60, 66:74] = 230
    assert find_instances(rod, image, DISTANCE).max() == 1
    labels = find_instances(rod, image, InstanceConfig(split="halo"))
    assert labels.max() == 2
    np.testing.assert_array_equal(labels > 0, rod)


def test_bright_round_cell_is_kept_whole():
    image = FLAT.copy()
    image[LEFT] = 250
    np.testing.assert_array_equal(find_instances(LEFT, image), LEFT.astype(np.int32))


def test_no_foreground_gives_no_cells_and_all_foreground_one():
    assert find_instances(np.zeros(SHAPE, bool), FLAT).max() == 0
    everything = find_instances(np.ones(SHAPE, bool), FLAT)
    assert (everything == 1).all()


def test_size_limits_are_physical():
    cells = disc(SHAPE, (30, 30), 10) | disc(SHAPE, (60, 100), 20)  # 317 and 1257 px
    half = Calibration(pixel_size_um=0.5)  # 79 and 314 um2
    kept = find_instances(cells, FLAT, InstanceConfig(min_area_um2=100, split="none"), half)
    assert kept.max() == 1
    assert kept[60, 100] == 1
    small = InstanceConfig(min_area_um2=0, max_area_um2=100, split="none")
    assert find_instances(cells, FLAT, small, half)[30, 30] == 1
    assert find_instances(cells, FLAT, small, half).max() == 1


def test_border_cells_are_kept_or_dropped_as_asked():
    cells = disc(SHAPE, (5, 50), 20) | disc(SHAPE, (60, 100), 20)
    assert find_instances(cells, FLAT).max() == 2
    inside = find_instances(cells, FLAT, InstanceConfig(exclude_border=True))
    assert inside.max() == 1
    assert inside[60, 100] == 1


def test_cell_cut_by_the_edge_is_not_split_there():
    cell = disc(SHAPE, (0, 70), 30)
    assert find_instances(cell, FLAT, DISTANCE).max() == 1


def test_post_processing_of_gomez_2021():
    """Closing of radius 3 px, all holes filled, under 150 px dropped, at 0.802 um/px."""
    config = InstanceConfig(
        closing_radius="3 px", max_hole_area_um2=None, min_area_um2=150 * 0.802**2, split="none"
    )
    mask = disc(SHAPE, (50, 45), 25) & ~disc(SHAPE, (50, 45), 15)
    mask[:, 43:48] &= ~np.isin(np.arange(SHAPE[0]), range(20, 40))[:, None]  # a 5-px slit through the ring
    mask |= disc(SHAPE, (50, 110), 6)  # 113 px
    labels = find_instances(mask, FLAT, config, Calibration(pixel_size_um=0.802))
    assert labels.max() == 1
    assert labels[50, 45] == 1
    assert labels[50, 110] == 0


def test_labels_are_consecutive_connected_and_int32():
    rng = np.random.default_rng(0)
    mask = ndi.gaussian_filter(rng.normal(size=(200, 200)), 6) > 0.02
    labels = find_instances(mask, np.full((200, 200), 100, np.uint8), InstanceConfig(split="distance"))
    assert labels.dtype == np.int32
    values = np.unique(labels[labels > 0])
    assert values.tolist() == list(range(1, len(values) + 1))
    assert len(values) > 5
    for value in values:
        assert label(labels == value, connectivity=2).max() == 1


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 8), st.integers(0, 8), st.integers(0, 3))
def test_shift_and_quarter_turns_act_as_known(down, right, turns):
    mask = np.rot90(np.roll(LEFT | RIGHT, (down, right), (0, 1)), turns)
    labels = find_instances(mask, np.full(mask.shape, 100, np.uint8), DISTANCE)
    areas = np.sort(np.bincount(labels.ravel())[1:])
    assert labels.max() == 2
    # Of the pixels on the neck itself, either side may have each.
    reference = np.bincount(find_instances(LEFT | RIGHT, FLAT, DISTANCE).ravel())[1:]
    np.testing.assert_allclose(areas, np.sort(reference), atol=40)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.3, 4))
def test_merged_basins_are_those_of_the_h_maxima(seed, height):
    rng = np.random.default_rng(seed)
    mask = ndi.gaussian_filter(rng.normal(size=(60, 60)), 4) > 0
    depth = ndi.gaussian_filter(ndi.distance_transform_edt(mask).astype(np.float32), 1) * mask
    every_maximum = watershed(-depth, mask=mask, connectivity=2)
    merged = merge_shallow_basins(every_maximum.astype(np.int32), depth, height)
    np.testing.assert_array_equal(merged > 0, mask)
    markers = label(h_maxima(depth.astype(np.float64), height) * mask, connectivity=2)
    # Every h-maximum lies in a basin of its own; basins without one are patches too shallow to have any.
    owners = [set(np.unique(merged[markers == m])) for m in range(1, markers.max() + 1)]
    assert all(len(owner) == 1 for owner in owners)
    assert len(set.union(set(), *owners)) == len(owners)
