"""Pasted cells: whole, in the picture and in the labels, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from annotated_movies import annotated_discs
from podia.training.clips.clips import sample_clip
from podia.training.clips.config import AugmentationConfig, ClipConfig
from podia.training.clips.pasted_cells import paste_cells
from podia.training.clips.training_movies import TrainingMovies
from podia.training.data.annotated import UNLABELLED, UsableMovie


def clip(n_frames: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A clip of one bright cell that stands still, without any tip."""
    labels = np.zeros((n_frames, 96, 96), np.int32)
    labels[:, 38:58, 38:58] = 1
    images = np.where(labels > 0, np.float32(1), np.float32(-0.5))
    return images, labels, np.zeros(labels.shape, np.int8)


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("rounded", [0.0, 1.0])
def test_labels_change_where_the_picture_does(seed: int, rounded: float) -> None:
    images, labels, tips = clip()
    before = images.copy(), labels.copy()
    config = AugmentationConfig(paste_probability=1, most_pasted=1, pasted_rounded=rounded)
    paste_cells(images, labels, tips, np.random.default_rng(seed), config)
    new = (labels != before[1]) & (labels > 0)
    assert np.isfinite(images).all()
    assert (images != before[0])[new].any() == new.any()
    # Beyond the halo of 8 px around the cut-out nothing changes but what the pasted cell covers.
    for frame in labels:
        values, counts = np.unique(frame[frame > 0], return_counts=True)
        assert len(values) <= 2
        assert counts.min() >= 60
    assert (tips[new] == UNLABELLED).all()


def test_frames_without_labels_get_the_picture_alone() -> None:
    images, labels, tips = clip()
    labels[1:] = UNLABELLED
    before = images.copy()
    config = AugmentationConfig(paste_probability=1, most_pasted=1, pasted_rounded=0)
    for seed in range(4):
        paste_cells(images, labels, tips, np.random.default_rng(seed), config)
    assert (labels[1:] == UNLABELLED).all()
    assert (images[1] != before[1]).any()


def test_a_clip_without_cells_stays_as_it_is() -> None:
    images, labels, tips = clip()
    labels[:] = 0
    before = images.copy()
    paste_cells(images, labels, tips, np.random.default_rng(0), AugmentationConfig())
    np.testing.assert_array_equal(images, before)


def test_more_cells_are_seen_with_pasting_and_the_clip_is_reproducible() -> None:
    def drawn(probability: float) -> list[int]:
        augmentation = AugmentationConfig(paste_probability=probability)
        config = ClipConfig(patch_px=64, length=2, annotate="any", augmentation=augmentation)
        movies = TrainingMovies([UsableMovie.whole(annotated_discs())], config)
        return [int(sample_clip(movies, config, 0, step, 0).labels.max()) for step in range(12)]

    assert sum(drawn(1.0)) > sum(drawn(0.0))
    assert drawn(1.0) == drawn(1.0)
