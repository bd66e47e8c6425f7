"""Masks given as a movie are recognised."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.io.label_pictures import looks_like_labels


@settings(max_examples=40, deadline=None)
@given(st.integers(3, 20), st.integers(1, 200), st.booleans(), st.integers(0, 99))
def test_labels_of_any_size_and_density_are_labels(width: int, most: int, gaps: bool, seed: int) -> None:
    rng = np.random.default_rng(seed)
    small = rng.integers(0 if gaps else 1, most + 1, (64 // width + 1, 64 // width + 1))
    labels = np.kron(small, np.ones((width, width), np.int32))[:64, :64].astype(np.int32)
    if gaps and width >= 12 and 0.1 < (labels == 0).mean() < 0.9:
        assert looks_like_labels(labels)


@settings(max_examples=40, deadline=None)
@given(st.floats(1, 30), st.integers(0, 200), st.sampled_from([np.uint8, np.uint16]), st.integers(0, 99))
def test_pictures_with_noise_are_pictures(noise: float, ground: int, dtype: type, seed: int) -> None:
    image = np.random.default_rng(seed).normal(ground, noise, (64, 64)).clip(0, 255).astype(dtype)
    assert not looks_like_labels(image)
