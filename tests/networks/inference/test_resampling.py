from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage as ndi
from skimage.measure import perimeter

from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.resampling import resample_labels, resample_values, shape_for_model

CONFIG = InferenceConfig()


def disc(size: int, radius: float) -> np.ndarray:
    yy, xx = np.mgrid[:size, :size] - (size - 1) / 2
    return (yy**2 + xx**2 <= radius**2).astype(np.int32)


@pytest.mark.parametrize(
    ("movie_um", "model_um", "shape"),
    [
        (0.65, None, (100, 50)),
        (None, 0.65, (100, 50)),
        (0.65, 0.65, (100, 50)),
        (0.65, 0.7, (100, 50)),  # within a tenth
        (1.3, 0.65, (200, 100)),
        (0.5, 1.0, (50, 25)),
    ],
)
def test_frames_are_brought_to_the_models_pixels_where_both_sizes_are_known_and_differ(
    movie_um: float | None, model_um: float | None, shape: tuple[int, int]
) -> None:
    assert shape_for_model((100, 50), movie_um, model_um, CONFIG) == shape


def test_resampling_can_be_switched_off() -> None:
    config = InferenceConfig(resample=False)
    assert shape_for_model((100, 50), 1.3, 0.65, config) == (100, 50)


def test_values_keep_their_place_and_level() -> None:
    ramp = np.tile(np.linspace(0, 1, 40, dtype=np.float32), (30, 1))
    there = resample_values(ramp, (60, 80))
    back = resample_values(there, (30, 40))
    np.testing.assert_allclose(there[:, 8:-8].mean(), 0.5, atol=1e-3)
    np.testing.assert_allclose(back[:, 4:-4], ramp[:, 4:-4], atol=0.01)


def test_texture_finer_than_the_new_pixels_is_averaged_not_picked() -> None:
    chequered = (np.indices((64, 64)).sum(axis=0) % 2).astype(np.float32)
    np.testing.assert_allclose(resample_values(chequered, (16, 16))[2:-2, 2:-2], 0.5, atol=0.02)


@pytest.mark.parametrize("scale", [0.5, 0.75, 1.5, 2.0, 2.7])
def test_a_disc_keeps_its_area_place_and_a_smooth_outline(scale: float) -> None:
    size, radius = 61, 20.0
    there = resample_labels(disc(size, radius), (round(size * scale), round(size * scale)))
    assert (there > 0).sum() == pytest.approx(np.pi * (radius * scale) ** 2, rel=0.05)
    centre = ndi.center_of_mass(there > 0)
    np.testing.assert_allclose(centre, (there.shape[0] - 1) / 2, atol=0.3)
    # Nearest pixels would give an outline longer by 6 % at scale 2.7, plain linear ones by 12 % at scale 2.
    drawn = disc(there.shape[0], radius * scale) > 0
    assert perimeter(there > 0) == pytest.approx(perimeter(drawn), rel=0.035)


def test_cells_that_touch_go_on_touching() -> None:
    labels = np.zeros((20, 20), np.int32)
    labels[4:16, 4:10], labels[4:16, 10:16] = 1, 2
    there = resample_labels(labels, (50, 50))
    middle = there[25]
    np.testing.assert_array_equal(middle[11:39] > 0, True)
    assert set(middle[11:39]) == {1, 2}
    assert np.flatnonzero(np.diff(middle[11:39])).size == 1


def test_of_a_cell_whose_arm_breaks_the_body_is_kept() -> None:
    labels = np.zeros((40, 40), np.int32)
    labels[5:15, 5:15] = 1
    labels[9, 15:30] = 1  # an arm thinner than the new pixels
    labels[5:15, 30:38] = 1
    there = resample_labels(labels, (13, 13))
    pieces, n_pieces = ndi.label(there == 1, np.ones((3, 3)))
    assert n_pieces == 1
    assert pieces[3, 3] == 1


def test_empty_labels_stay_empty_and_equal_sizes_untouched() -> None:
    assert resample_labels(np.zeros((5, 7), np.int32), (10, 14)).max() == 0
    labels = disc(21, 6)
    assert resample_labels(labels, (21, 21)) is labels


@settings(max_examples=30, deadline=None)
@given(st.integers(3, 24), st.integers(3, 24), st.integers(1, 60), st.integers(1, 60), st.integers(0, 5))
def test_every_size_goes_to_every_other(
    height: int, width: int, new_height: int, new_width: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 4, (-(-height // 3), -(-width // 3))).astype(np.int32)
    labels = np.kron(coarse, np.ones((3, 3), np.int32))[:height, :width]
    there = resample_labels(labels, (new_height, new_width))
    assert there.shape == (new_height, new_width)
    assert set(np.unique(there)) <= {0, *np.unique(labels)}
