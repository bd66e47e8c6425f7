import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi

from podia.simulation.microscopy.camera import Camera, record
from podia.simulation.microscopy.clutter import Clutter, add_clutter
from podia.simulation.microscopy.drawn_cells import LAYOUTS, draw_cells
from podia.simulation.microscopy.pasting import CutOut, changed, cut_out, in_one_piece, paste, rounded_cell
from podia.simulation.microscopy.rounded_cells import lay_rounded_cells
from podia.simulation.microscopy.thickness import draw_style, smooth_noise, thickness_of

SHAPE = (128, 160)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_drawn_cells_have_about_the_width_asked_for(layout):
    widths = []
    for seed in range(4):
        labels = draw_cells(SHAPE, layout, 20.0, np.random.default_rng(seed))
        edge = np.unique(np.concatenate([labels[0], labels[-1], labels[:, 0], labels[:, -1]]))
        areas = np.delete(np.bincount(labels.ravel(), minlength=edge.max() + 1), edge)
        widths += np.sqrt(areas[areas > 0] * 4 / np.pi).tolist()
    assert 10 < np.median(widths) < 30


@given(seed=st.integers(0, 10_000), layout=st.sampled_from(LAYOUTS))
@settings(max_examples=8, deadline=None)
def test_thickness_is_positive_and_lies_in_the_cells(seed, layout):
    rng = np.random.default_rng(seed)
    labels = draw_cells(SHAPE, layout, 24.0, rng)
    phase = thickness_of(labels, draw_style(rng), rng)
    assert phase.dtype == np.float32
    assert (phase >= 0).all()
    # The last blur, of 0.7 px, ends after 3 px.
    assert not phase[~ndi.binary_dilation(labels > 0, np.ones((7, 7)))].any()


@pytest.mark.parametrize("sigma_px", [0.7, 3.0, 40.0])
def test_smooth_noise_has_no_mean_and_unit_variance(sigma_px):
    noise = smooth_noise((200, 210), sigma_px, np.random.default_rng(0))
    assert noise.shape == (200, 210)
    assert abs(noise.mean()) < 0.5
    assert 0.5 < noise.std() < 1.5


def test_rounded_cells_are_labelled_and_thicken_what_lies_below():
    labels, phase = np.ones(SHAPE, np.int32), np.full(SHAPE, 0.5, np.float32)
    lay_rounded_cells(labels, phase, 3, 20.0, np.random.default_rng(1))
    assert labels.max() >= 4
    assert (phase[labels > 1] > 0.5).all()
    assert (phase[labels == 1] == 0.5).all()


def test_pasted_cell_is_whole_and_what_it_covers_keeps_the_rest():
    image, labels = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, np.int32)
    labels[40:90, 40:120] = 1
    mask = np.zeros((31, 31), bool)
    mask[10:21, 10:21] = True
    paste(
        image,
        labels,
        CutOut(np.where(mask, 5.0, 0).astype(np.float32), mask),
        np.random.default_rng(3),
        onto=True,
    )
    assert (labels == 2).sum() == mask.sum()
    assert image[labels == 2].min() > 2
    assert (labels == 1).sum() >= 50 * 80 - mask.sum()


def test_cells_at_the_border_or_touching_others_are_not_cut_out():
    labels = np.zeros((100, 100), np.int32)
    labels[0:15, 20:40] = 1
    labels[40:60, 20:40], labels[40:60, 40:60] = 2, 3
    labels[70:85, 70:85] = 4
    cells = cut_out(np.ones((100, 100), np.float32), labels)
    assert [int(cell.mask.sum()) for cell in cells] == [15 * 15]
    assert changed(cells[0], np.random.default_rng(0)).mask.any()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_labels_in_one_piece_are_connected_and_small_pieces_unlabelled(seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(-1, 4, size=(20, 24)).astype(np.int32)
    whole = in_one_piece(labels, min_area_px=3)
    assert ((labels == 0) == (whole == 0)).all()
    for label in range(1, whole.max() + 1):
        assert ndi.label(whole == label, np.ones((3, 3)))[1] == 1
        assert (whole == label).sum() >= 3


def test_nothing_is_added_where_clutter_never_occurs():
    image, unsure = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, bool)
    never = Clutter(
        **dict.fromkeys(("dust", "debris", "rings", "shadows", "discs", "scratches", "fibres"), 0.0)
    )
    add_clutter(image, unsure, never, 40.0, np.random.default_rng(0))
    assert not image.any()
    assert not unsure.any()


def test_blurred_discs_alone_are_marked_as_unsure():
    always = Clutter(dust=1, debris=1, rings=1, shadows=1, discs=0, scratches=1, fibres=1)
    for seed in range(5):
        image, unsure = np.zeros(SHAPE, np.float32), np.zeros(SHAPE, bool)
        add_clutter(image, unsure, always, 40.0, np.random.default_rng(seed))
        assert image.any()
        assert not unsure.any()
    add_clutter(image, unsure, Clutter(discs=1), 40.0, np.random.default_rng(0))
    assert unsure.any()


@given(seed=st.integers(0, 10_000))
@settings(max_examples=8, deadline=None)
def test_recorded_picture_depends_on_the_seed_alone(seed):
    image = rounded_cell(30.0, 1.0, np.random.default_rng(seed)).light
    first, second = (record(image, Camera(), np.random.default_rng(seed)) for _ in range(2))
    assert first.dtype == np.uint8
    assert first.shape == image.shape
    np.testing.assert_array_equal(first, second)
