from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from podia.data.errors import ConfigurationError
from podia.segmentation.targets import make_target
from podia.training.foreground_jaccard import ForegroundJaccard, is_foreground


def test_logits_are_compared_as_they_are():
    """Cast to whole numbers all of these would tie, as they do in the public code of S0."""
    logits = torch.tensor([[0.3, 0.9, -0.2, -0.4], [0.4, 0.1, -0.1, -0.9]]).reshape(1, 2, 1, 4)
    assert is_foreground(logits, "foreground").flatten().tolist() == [True, False, True, False]


def test_classes_of_a_cell_count_together():
    probabilities = torch.tensor([0.4, 0.3, 0.3]).reshape(1, 3, 1, 1)
    assert is_foreground(probabilities.log(), "contour").all()


@pytest.mark.parametrize("head", ["mask", "distance"])
def test_one_probability_is_compared_with_a_half(head):
    logits = torch.tensor([-0.1, 0.1]).reshape(1, 1, 1, 2).repeat(1, 4, 1, 1)
    assert is_foreground(logits, head).flatten().tolist() == [False, True]


def test_counts_add_up_over_batches_without_unlabelled_pixels():
    rng = np.random.default_rng(0)
    labels = rng.integers(-1, 3, (6, 10, 11)).astype(np.int32)
    target = torch.from_numpy(np.stack([make_target(frame, "mask") for frame in labels]))
    logits = torch.from_numpy(rng.standard_normal((6, 1, 10, 11)).astype(np.float32))
    jaccard = ForegroundJaccard("mask")
    for part in (slice(0, 1), slice(1, 6)):
        jaccard.update(logits[part], target[part])
    found, truth, known = logits[:, 0].numpy() > 0, labels > 0, labels >= 0
    assert jaccard.value == pytest.approx(np.sum(found & truth) / np.sum((found | truth) & known))


def test_nothing_to_compare_is_not_a_number():
    jaccard = ForegroundJaccard("mask")
    jaccard.update(-torch.ones(1, 1, 3, 3), torch.zeros(1, 1, 3, 3))
    assert math.isnan(jaccard.value)


def test_spots_have_no_foreground():
    with pytest.raises(ConfigurationError, match="'spots' has no foreground"):
        ForegroundJaccard("spots")
