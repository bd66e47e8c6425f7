from __future__ import annotations

from typing import Any

import pytest
import torch

from podia.networks.models.activation import activate
from podia.networks.outputs.base import Output
from podia.networks.outputs.binary import Binary
from podia.networks.outputs.cells_and_spots import CellsAndSpots
from podia.networks.outputs.center_classification import CenterClassification
from podia.networks.outputs.contour import Contour
from podia.networks.outputs.distance import Distance
from podia.networks.outputs.spots import Spots


def logits_of(head: Output[Any, Any], *, tips: bool = False) -> torch.Tensor:
    channels = head.n_channels + int(tips)
    return torch.linspace(-3, 3, 2 * channels * 12).reshape(2, channels, 3, 4)


@pytest.mark.parametrize("head", [Binary(softmax=True), Contour()], ids=repr)
def test_classes_sum_to_one(head: Output[Any, Any]) -> None:
    prediction = activate(logits_of(head, tips=True), head)
    channels = head.n_channels
    torch.testing.assert_close(prediction[:, :channels].sum(dim=1), torch.ones(2, 3, 4))
    torch.testing.assert_close(prediction[:, channels], logits_of(head, tips=True)[:, channels].sigmoid())


def test_distances_stay_within_0_and_1_and_linear_between() -> None:
    logits = torch.tensor([0.0, -0.5, 0.25]).reshape(3, 1, 1)
    assert activate(logits, Distance()).flatten().tolist() == [0.5, 0.0, 0.25]
    assert activate(logits + 2, Distance())[1:].flatten().tolist() == [1.0, 1.0]


@pytest.mark.parametrize("head", [Binary(), Spots(), CellsAndSpots(), CenterClassification()], ids=repr)
def test_masks_and_spots_are_logistic(head: Output[Any, Any]) -> None:
    assert torch.equal(activate(logits_of(head), head), logits_of(head).sigmoid())


def test_a_clip_is_activated_as_its_frames_are() -> None:
    clip = torch.stack((logits_of(Contour(), tips=True), logits_of(Contour(), tips=True) * 2))
    torch.testing.assert_close(activate(clip, Contour())[1], activate(clip[1], Contour()))
