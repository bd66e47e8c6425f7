"""Transforms of frames, reading between pixels, and changes of grey values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from podia.testing.small_movies import crawling_discs
from podia.training.clips.augmentation import change_grey_values
from podia.training.clips.config import AugmentationConfig
from podia.training.clips.resampling import Resampler
from podia.training.clips.transform import draw_transform

STILL = AugmentationConfig(rotation_deg=0, shift=0, shear=0, zoom=0, horizontal_flip=False)
STRONG = AugmentationConfig(vertical_flip=True, quarter_turns=True, elastic_px=3)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), top=st.integers(0, 60), left=st.integers(0, 40))
def test_a_patch_alone_equals_the_whole_frame_transformed_and_cropped(seed: int, top: int, left: int) -> None:
    rng = np.random.default_rng(seed)
    image, labels = rng.integers(0, 255, (96, 128)).astype(np.uint8), rng.integers(0, 9, (96, 128))
    transform = draw_transform(rng, (96, 128), STRONG, scale=1.1)
    rows, columns = (np.arange(n, dtype=np.float64) for n in transform.frame_shape)
    whole = Resampler(transform.coordinates(rows, columns), (96, 128))
    patch = Resampler(transform.coordinates(rows[top : top + 32], columns[left : left + 32]), (96, 128))
    crop = np.s_[top : top + 32, left : left + 32]
    # Not to the last bit: sums of the bending's splines come in another order.
    np.testing.assert_allclose(patch.linear(image), whole.linear(image)[crop], atol=1e-3)
    far = whole.nearest(labels, tell_mirror_images_apart=False)[crop]
    assert np.mean(patch.nearest(labels, tell_mirror_images_apart=False) != far) < 1e-3


def test_reading_between_pixels_agrees_with_scipy_also_past_the_border() -> None:
    rng = np.random.default_rng(0)
    image = rng.random((20, 30)).astype(np.float32)
    coordinates = rng.uniform(-45, 70, size=(2, 40, 50))
    resampler = Resampler(coordinates, image.shape)
    numbers = np.arange(600).reshape(20, 30)
    linear = ndimage.map_coordinates(image, coordinates, order=1, mode="mirror")
    nearest = ndimage.map_coordinates(numbers, coordinates, order=0, mode="mirror")
    np.testing.assert_allclose(resampler.linear(image), linear, atol=2e-5)
    np.testing.assert_array_equal(resampler.nearest(numbers, tell_mirror_images_apart=False), nearest)


def test_no_change_gives_the_frame_itself() -> None:
    image = np.random.default_rng(0).random((21, 34)).astype(np.float32)
    transform = draw_transform(np.random.default_rng(1), image.shape, STILL)
    coordinates = transform.coordinates(np.arange(21.0), np.arange(34.0))
    np.testing.assert_array_equal(Resampler(coordinates, image.shape).linear(image), image)


def test_flips_and_quarter_turns_are_exact() -> None:
    image = np.random.default_rng(0).random((20, 30)).astype(np.float32)
    config = STILL.model_copy(update={"quarter_turns": True, "horizontal_flip": True})
    seen = set()
    for seed in range(40):
        transform = draw_transform(np.random.default_rng(seed), image.shape, config)
        rows, columns = (np.arange(float(n)) for n in transform.frame_shape)
        turned = Resampler(transform.coordinates(rows, columns), image.shape).linear(image)
        whole = [np.rot90(flip, k) for flip in (image, image[:, ::-1]) for k in range(4)]
        matches = [k for k, frame in enumerate(whole) if np.array_equal(frame, turned)]
        assert len(matches) == 1
        seen.update(matches)
    assert seen == set(range(8))


def test_labels_are_never_blended() -> None:
    labels = 100 * crawling_discs()[0].astype(np.int32)
    for seed in range(10):
        transform = draw_transform(np.random.default_rng(seed), labels.shape, STRONG)
        patch = Resampler(transform.coordinates(np.arange(64.0), np.arange(64.0)), labels.shape)
        assert set(np.unique(patch.nearest(labels, tell_mirror_images_apart=False))) <= {0, 100, 200, 300}


def test_a_mirror_image_away_from_the_border_is_a_cell_of_its_own_and_one_at_it_stays_one() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[10:20, 6:12], labels[28:36, 0:5] = 3, 4
    coordinates = np.stack(np.meshgrid(np.arange(40.0), np.arange(-15.0, 25.0), indexing="ij"))
    seen = Resampler(coordinates, labels.shape).nearest(labels)
    left, right = seen[12, 15 - 8], seen[12, 15 + 8]
    assert right == 3
    assert left > 4
    assert set(np.unique(seen[30, 11:20])) == {4}, "the cell that the border cuts goes on as its mirror image"


def test_unlabelled_pixels_stay_so_in_mirror_images() -> None:
    labels = np.full((20, 20), -1, np.int32)
    coordinates = np.stack(np.meshgrid(np.arange(20.0), np.arange(-10.0, 10.0), indexing="ij"))
    assert (Resampler(coordinates, labels.shape).nearest(labels) == -1).all()


def test_the_bending_has_the_size_asked_for() -> None:
    config = STILL.model_copy(update={"elastic_px": 4.0, "elastic_spacing_px": 16.0})
    transform = draw_transform(np.random.default_rng(0), (400, 400), config)
    grid = np.arange(400.0)
    moved = transform.coordinates(grid, grid) - np.stack(np.meshgrid(grid, grid, indexing="ij"))
    assert moved.std() == pytest.approx(4.0, rel=0.1)  # 26 x 26 coefficients an axis


def test_zoom_stays_within_its_share() -> None:
    config = STILL.model_copy(update={"zoom": 0.2})
    zooms = [
        1 / np.sqrt(np.linalg.det(draw_transform(np.random.default_rng(s), (50, 50), config).matrix))
        for s in range(100)
    ]
    assert 1 / 1.2 <= min(zooms) < 0.9
    assert 1.1 < max(zooms) <= 1.2


def test_grey_values_stay_as_they_are_where_nothing_is_asked_for() -> None:
    frames = np.zeros((2, 8, 8), np.float32)
    assert change_grey_values(frames, np.random.default_rng(0), AugmentationConfig()) is frames


@pytest.mark.parametrize(
    ("name", "amount"),
    [
        ("brightness", 0.3),
        ("contrast", 0.3),
        ("gamma", 0.4),
        ("flicker", 0.1),
        ("noise", 0.2),
        ("blur_px", 2.0),
        ("focus_loss_probability", 0.9),
    ],
)
def test_each_change_of_grey_values_changes_a_copy_within_the_usual_range(name: str, amount: float) -> None:
    frames = np.random.default_rng(0).uniform(-1, 1, (4, 32, 32)).astype(np.float32)
    before = frames.copy()
    changed = change_grey_values(frames, np.random.default_rng(1), AugmentationConfig.parse({name: amount}))
    np.testing.assert_array_equal(frames, before)
    assert changed.dtype == np.float32
    assert not np.array_equal(changed, frames)
    assert np.abs(changed).max() <= 3


def test_brightness_contrast_and_gamma_are_one_draw_a_clip_and_gamma_keeps_the_percentiles() -> None:
    frames = np.repeat(np.linspace(-1.5, 1.5, 64, dtype=np.float32).reshape(1, 8, 8), 3, axis=0)
    config = AugmentationConfig(brightness=0.3, contrast=0.3, gamma=0.4)
    changed = change_grey_values(frames, np.random.default_rng(0), config)
    np.testing.assert_array_equal(changed[0], changed[2])
    curved = change_grey_values(frames, np.random.default_rng(0), AugmentationConfig(gamma=0.4))
    outside = np.abs(frames) >= 1
    np.testing.assert_allclose(curved[outside], frames[outside], atol=1e-6)


def test_loss_of_focus_strikes_single_frames() -> None:
    frames = np.random.default_rng(0).normal(size=(40, 16, 16)).astype(np.float32).clip(-3, 3)
    config = AugmentationConfig(focus_loss_probability=0.25, focus_loss_px=4)
    changed = change_grey_values(frames, np.random.default_rng(1), config)
    struck = [not np.allclose(a, b, atol=1e-6) for a, b in zip(changed, frames, strict=True)]
    assert 3 <= sum(struck) <= 18  # binomial(40, 0.25), three standard deviations
    assert changed[struck].std() < frames[struck].std()


FRAMES = np.random.default_rng(4).uniform(-1, 1, (2, 40, 48)).astype(np.float32)


def test_inversion_exchanges_dark_and_bright() -> None:
    changed = change_grey_values(
        FRAMES, np.random.default_rng(0), AugmentationConfig(inversion_probability=1)
    )
    np.testing.assert_allclose(changed, -FRAMES, atol=1e-6)


def test_slope_shows_edges_across_its_direction_with_opposite_signs_and_keeps_the_spread() -> None:
    disc = np.zeros((1, 64, 64), np.float32)
    disc[0, 20:44, 20:44] = 1
    changed = change_grey_values(disc, np.random.default_rng(0), AugmentationConfig(slope_probability=1))
    assert changed.min() < -0.3
    assert changed.max() > 0.3
    assert changed.std() == pytest.approx(disc.std(), rel=0.05)
    flat = np.full((1, 32, 32), 0.5, np.float32)
    assert not change_grey_values(
        flat, np.random.default_rng(0), AugmentationConfig(slope_probability=1)
    ).any()


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_uneven_light_stays_within_its_bound_and_is_the_same_in_all_frames(seed: int) -> None:
    change = (
        change_grey_values(FRAMES, np.random.default_rng(seed), AugmentationConfig(uneven_light=0.4)) - FRAMES
    )
    assert np.abs(change).max() <= 0.4 + 1e-5
    np.testing.assert_allclose(change[0], change[1], atol=1e-5)


@given(seed=st.integers(0, 1000))
@settings(max_examples=15, deadline=None)
def test_loss_of_resolution_keeps_shape_and_mean_and_smooths(seed: int) -> None:
    changed = change_grey_values(FRAMES, np.random.default_rng(seed), AugmentationConfig(low_resolution=4))
    assert changed.shape == FRAMES.shape
    assert changed.mean() == pytest.approx(FRAMES.mean(), abs=0.05)
    assert changed.std() <= FRAMES.std() + 1e-6
