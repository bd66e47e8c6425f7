from __future__ import annotations

import pytest
import torch

from podia.networks.models.activation import activate
from podia.networks.outputs.heads import HEADS, Head


def logits_of(head: Head, *, tips: bool = False) -> torch.Tensor:
    channels = HEADS[head].n_channels + int(tips)
    return torch.linspace(-3, 3, 2 * channels * 12).reshape(2, channels, 3, 4)


@pytest.mark.parametrize("head", ["foreground", "contour"])
def test_classes_sum_to_one(head: Head) -> None:
    prediction = activate(logits_of(head, tips=True), head)
    channels = HEADS[head].n_channels
    torch.testing.assert_close(prediction[:, :channels].sum(dim=1), torch.ones(2, 3, 4))
    torch.testing.assert_close(prediction[:, channels], logits_of(head, tips=True)[:, channels].sigmoid())


def test_distances_stay_within_0_and_1_and_linear_between() -> None:
    logits = torch.tensor([0.0, -0.5, 0.25]).reshape(3, 1, 1)
    assert activate(logits, "distance").flatten().tolist() == [0.5, 0.0, 0.25]
    assert activate(logits + 2, "distance")[1:].flatten().tolist() == [1.0, 1.0]


@pytest.mark.parametrize("head", ["mask", "spots", "cells_and_spots", "presence"])
def test_masks_and_spots_are_logistic(head: Head) -> None:
    assert torch.equal(activate(logits_of(head), head), logits_of(head).sigmoid())


def test_a_clip_is_activated_as_its_frames_are() -> None:
    clip = torch.stack((logits_of("contour", tips=True), logits_of("contour", tips=True) * 2))
    torch.testing.assert_close(activate(clip, "contour")[1], activate(clip[1], "contour"))
