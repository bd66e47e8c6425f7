"""A movie given as masks, and masks given as a movie, are recognised."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.errors import MovieReadError
from podia.io.label_or_picture import looks_like_labels, looks_like_picture
from podia.io.read import read_labels


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 20), st.integers(1, 200), st.booleans(), st.integers(0, 99))
def test_labels_of_any_size_and_density_are_labels(width: int, most: int, gaps: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    small = rng.integers(0 if gaps else 1, most + 1, (64 // width + 1, 64 // width + 1))
    labels = np.kron(small, np.ones((width, width), np.int32))[:64, :64].astype(np.int32)
    assert not looks_like_picture(labels)
    if gaps and width >= 12 and 0.1 < (labels == 0).mean() < 0.9:
        assert looks_like_labels(labels)


@settings(max_examples=40, deadline=None)
@given(st.floats(1, 30), st.integers(0, 200), st.sampled_from([np.uint8, np.uint16]), st.integers(0, 99))
def test_pictures_with_noise_are_pictures(noise: float, ground: int, dtype: type, seed: int) -> None:
    image = np.random.default_rng(seed).normal(ground, noise, (64, 64)).clip(0, 255).astype(dtype)
    assert not looks_like_labels(image)
    if ground > 3 * noise and noise >= 2:
        assert looks_like_picture(image)


def test_single_pixels_as_positions_are_labels() -> None:
    labels = np.zeros((64, 64), np.int32)
    labels[::4, ::4] = np.arange(256).reshape(16, 16) + 1
    assert not looks_like_picture(labels)


def test_a_movie_as_labels_is_refused(tmp_path: Path) -> None:
    movie = np.random.default_rng(0).integers(90, 130, (3, 32, 32)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "movie.tif", movie, photometric="minisblack")
    for any_background in (False, True):
        with pytest.raises(MovieReadError, match=r"'.*movie.tif' is not a label image.*same number"):
            read_labels(tmp_path / "movie.tif", any_background=any_background)
