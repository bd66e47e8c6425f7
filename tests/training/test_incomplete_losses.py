"""Losses where some cells were not annotated, against values worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import pytest
import torch
from torch import Tensor

from heads import HEADS
from podia.training.losses.incomplete import leave_out_confident_background
from podia.training.losses.pixelwise import binary_cross_entropy, weighted_bce_dice
from podia.training.losses.registry import build_loss, parse_loss
from podia.training.losses.regression import cells_and_spots, spot_regression


def one_annotated_cell(size: int = 24) -> Tensor:
    """A target ``(1, 1, Y, X)`` with an annotated pixel at (4, 4)."""
    target = torch.zeros(1, 1, size, size)
    target[..., 4, 4] = 1
    return target


def confident_at(*places: tuple[int, int], size: int = 24) -> Tensor:
    """A prediction ``(1, Y, X)`` of 0.9 at `places`, 0.1 elsewhere."""
    prediction = torch.full((1, size, size), 0.1)
    for y, x in places:
        prediction[0, y, x] = 0.9
    return prediction


def test_a_disc_around_a_confident_detection_on_background_is_left_out() -> None:
    target = one_annotated_cell()
    changed = leave_out_confident_background(confident_at((15, 16)), target, above=0.5, radius_px=2)
    left_out = torch.nonzero(changed[0, 0] < 0).tolist()
    disc = [[15 + y, 16 + x] for y in range(-2, 3) for x in range(-2, 3) if y * y + x * x <= 4]
    assert left_out == disc
    assert torch.equal(changed[changed >= 0], target[changed >= 0])
    assert (target >= 0).all(), "the target itself is as it was"


@pytest.mark.parametrize("place", [(4, 4), (4, 6), (6, 5)])
def test_what_is_near_an_annotated_cell_always_counts(place: tuple[int, int]) -> None:
    changed = leave_out_confident_background(
        confident_at(place), one_annotated_cell(), above=0.5, radius_px=3
    )
    assert torch.equal(changed, one_annotated_cell())


def test_a_detection_that_is_not_sure_enough_counts_as_background() -> None:
    changed = leave_out_confident_background(
        confident_at((15, 16)), one_annotated_cell(), above=0.95, radius_px=3
    )
    assert torch.equal(changed, one_annotated_cell())


@pytest.mark.parametrize("loss", [spot_regression, binary_cross_entropy])
@pytest.mark.parametrize("probability", [0.1, 0.5])
def test_how_sure_a_prediction_is_knows_of_the_weight_of_cells(
    loss: Callable[..., Tensor], probability: float
) -> None:
    """What a loss of weighted cells learns where one of them is with a probability stands for that probability."""
    learned = _learned_where_a_cell_is_with(probability, partial(loss, positive_weight=10.0))
    assert learned == pytest.approx(10 * probability / (10 * probability + 1 - probability), abs=0.01)
    prediction = torch.zeros(1, 24, 24)
    prediction[0, 15, 16] = learned
    for above, is_left_out in {probability - 0.03: True, probability + 0.03: False}.items():
        changed = leave_out_confident_background(
            prediction, one_annotated_cell(), above=above, radius_px=2, positive_weight=10.0
        )
        assert (changed < 0).any().item() == is_left_out


def test_all_channels_are_left_out_together() -> None:
    target = one_annotated_cell().repeat(1, 3, 1, 1)
    changed = leave_out_confident_background(confident_at((15, 16)), target, above=0.5, radius_px=1)
    assert (changed == -1).sum() == 3 * 5


def test_no_gradient_pushes_a_detection_that_was_left_out() -> None:
    logits = confident_at((15, 16)).logit()[:, None].requires_grad_()
    spot_regression(logits, one_annotated_cell(), ignore_above=0.5, ignore_radius_px=2).backward()
    assert logits.grad is not None
    assert logits.grad[0, 0, 15, 16] == 0
    assert logits.grad[0, 0, 4, 4] < 0, "the annotated cell is to become brighter"
    assert logits.grad[0, 0, 20, 4] > 0, "plain background is to become darker"


def test_spot_risk_of_positive_and_unlabelled_pixels_by_hand() -> None:
    """Ten pixels, one annotated and one cell that was not; half of the cells are annotated.

    Annotated 0.8 against 1: 0.04; as background 0.64. The other cell 0.6, as background 0.36; eight pixels of 0.1, 0.01
    each. Cells: 2 * 0.04. Background: (0.64 + 0.36 + 0.08) - 2 * 0.64 < 0, so 0.
    """
    target = torch.zeros(1, 1, 1, 10)
    target[..., 0] = 1
    spots = torch.full((1, 1, 1, 10), 0.1)
    spots[..., 0], spots[..., 1] = 0.8, 0.6
    logits = spots.logit()
    assert spot_regression(logits, target, annotated_share=0.5).item() == pytest.approx(0.08 / 10)
    # With three quarters annotated: 4/3 * 0.04 + 1.08 - 4/3 * 0.64.
    expected = (4 / 3 * 0.04 + 1.08 - 4 / 3 * 0.64) / 10
    assert spot_regression(logits, target, annotated_share=0.75).item() == pytest.approx(expected)


def test_binary_risk_of_positive_and_unlabelled_pixels_by_hand() -> None:
    """Four pixels at even odds, one annotated, half of the cells annotated: every loss is ln 2.

    Cells: 3 * 2 ln 2 with weight 3; background: (4 - 2) ln 2; weights 3 * 2 + 2.
    """
    target = torch.tensor([1.0, 0.0, 0.0, 0.0]).reshape(1, 1, 1, 4)
    loss = binary_cross_entropy(torch.zeros(1, 1, 1, 4), target, positive_weight=3.0, annotated_share=0.5)
    assert loss.item() == pytest.approx(math.log(2))
    logits = torch.tensor([2.0, 0.0, -1.0, -1.0]).reshape(1, 1, 1, 4)
    as_cell, as_background = math.log1p(math.exp(-2)), math.log1p(math.exp(2))
    others = math.log(2) + 2 * math.log1p(math.exp(-1))
    background = max(0.0, as_background + others - 1.25 * as_background)
    expected = (1.25 * as_cell + background) / 4
    assert binary_cross_entropy(logits, target, annotated_share=0.8).item() == pytest.approx(expected)


def test_unlabelled_pixels_count_in_no_risk() -> None:
    target = one_annotated_cell()
    target[..., 12:] = -1
    logits = torch.randn(1, 1, 24, 24, generator=torch.Generator().manual_seed(0))
    for loss in (spot_regression, binary_cross_entropy):
        whole = loss(logits, target, annotated_share=0.6)
        part = loss(logits[..., :12], target[..., :12], annotated_share=0.6)
        assert whole.item() == pytest.approx(part.item(), rel=1e-5)


@pytest.mark.parametrize("head", ["spots", "binary", "cells_and_spots", "center_classification"])
def test_neutral_settings_are_the_old_loss_to_the_last_bit(head: str) -> None:
    channels = 2 if head == "cells_and_spots" else 1
    target = one_annotated_cell().repeat(1, channels, 1, 1)
    logits = torch.randn(target.shape, generator=torch.Generator().manual_seed(0))
    output, name = HEADS[head], "binary_cross_entropy" if head == "binary" else None

    def loss_of(**settings: float | None) -> Tensor:
        return build_loss(parse_loss({"name": name, **settings}, output), output)(logits, target)

    neutral = loss_of(annotated_share=1.0, ignore_above=None).item()
    assert neutral == loss_of().item()
    assert loss_of(ignore_above=0.999999).item() == neutral


def test_cells_and_spots_are_learned_each_where_it_is_known() -> None:
    generator = torch.Generator().manual_seed(1)
    logits = torch.randn(2, 2, 6, 7, generator=generator)
    target = (torch.rand(2, 2, 6, 7, generator=generator) > 0.7).float()
    target[1, 0] = -1  # the second frame was annotated by points
    expected = weighted_bce_dice(logits[:1, :1], target[:1, :1], dice_weight=0.5) + 3.0 * spot_regression(
        logits[:, 1:], target[:, 1:]
    )
    found = cells_and_spots(logits, target, dice_weight=0.5, regression_weight=3.0)
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)


def test_the_top_of_a_spot_weighs_more_than_background_if_asked() -> None:
    target = torch.tensor([1.0, 0.5, 0.0, -1.0]).reshape(1, 1, 1, 4)
    logits = torch.tensor([0.8, 0.6, 0.3, 0.9]).logit().reshape(1, 1, 1, 4)
    expected = (5 * 0.04 + 3 * 0.01 + 0.09) / (5 + 3 + 1)
    assert spot_regression(logits, target, positive_weight=5.0).item() == pytest.approx(expected)


def _learned_where_a_cell_is_with(probability: float, loss: Callable[[Tensor, Tensor], Tensor]) -> float:
    """The prediction of least loss over many pixels of which a share of `probability` are cells."""
    target = (torch.arange(1000) < 1000 * probability).float().reshape(1, 1, 1, 1000)
    logits = torch.linspace(0.01, 0.99, 197).logit()
    losses = [loss(logit.expand_as(target), target).item() for logit in logits]
    return float(logits.sigmoid()[losses.index(min(losses))])
