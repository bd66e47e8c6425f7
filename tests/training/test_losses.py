from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional

from heads import HEADS
from podia.data.errors import ConfigurationError
from podia.networks.outputs.targets import make_target
from podia.training.losses import registry
from podia.training.losses.pixelwise import (
    cross_entropy,
    dice,
    focal,
    weight_map_cross_entropy,
    weighted_bce_dice,
)
from podia.training.losses.registry import LOSSES, Loss, parse_loss
from podia.training.losses.regression import distance_regression, spot_regression

EVERY_LOSS = [
    pytest.param(name, head, id=f"{name}-{head}")
    for head, output in HEADS.items()
    for name in output.losses
    if output.per_pixel  # instances: losses of single masks, as of the head binary
]


def build_loss(settings: dict[str, Any], head: str, *, tips: bool = False) -> Loss:
    output = HEADS[head]
    return registry.build_loss(parse_loss(settings, output), output, tips=tips)


def example(name: str, head: str, *, unlabelled_columns: int = 0) -> tuple[Tensor, Tensor]:
    """Logits at random and the target of two touching cells, their last columns unlabelled."""
    labels = np.zeros((2, 12, 14), np.int32)
    labels[:, 2:9, 1:6], labels[0, 2:9, 6:11] = 1, 2
    if unlabelled_columns:
        labels[..., -unlabelled_columns:] = -1
    weights = parse_loss({"name": name}, HEADS[head]).weights
    target = np.stack([make_target(frame, HEADS[head], weights=weights) for frame in labels])
    generator = torch.Generator().manual_seed(3)
    logits = torch.randn(2, HEADS[head].n_channels, 12, 14, generator=generator)
    return logits.requires_grad_(), torch.from_numpy(target)


@pytest.mark.parametrize(("name", "head"), EVERY_LOSS)
def test_loss_is_a_positive_number_with_a_gradient_everywhere(name, head):
    logits, target = example(name, head)
    loss = build_loss({"name": name}, head)(logits, target)
    assert loss.shape == ()
    assert loss.item() > 0
    loss.backward()
    assert torch.isfinite(logits.grad).all()
    assert (logits.grad != 0).any(dim=(0, 2, 3)).all()


@pytest.mark.parametrize(("name", "head"), EVERY_LOSS)
def test_gradient_is_that_of_finite_differences(name, head):
    """In float64 the losses would still compute in float32, so the step is large and the tolerance wide."""
    logits, target = example(name, head, unlabelled_columns=2)
    loss = build_loss({"name": name}, head)
    loss(logits, target).backward()
    direction = torch.randn(logits.shape, generator=torch.Generator().manual_seed(5))
    step = 1e-2
    with torch.no_grad():
        slope = (loss(logits + step * direction, target) - loss(logits - step * direction, target)) / (
            2 * step
        )
    assert slope.item() == pytest.approx((logits.grad * direction).sum().item(), rel=2e-2, abs=2e-3)


@pytest.mark.parametrize(("name", "head"), EVERY_LOSS)
def test_unlabelled_pixels_count_as_if_they_were_cut_off(name, head):
    loss = build_loss({"name": name}, head)
    logits, target = example(name, head, unlabelled_columns=3)
    whole = loss(logits, target)
    whole.backward()
    assert (logits.grad[..., -3:] == 0).all()
    assert whole.item() == pytest.approx(loss(logits[..., :-3], target[..., :-3]).item(), rel=1e-5)


@pytest.mark.parametrize(("name", "head"), EVERY_LOSS)
def test_loss_without_any_label_is_zero_with_gradients_of_zero(name, head):
    logits, target = example(name, head, unlabelled_columns=14)
    assert (target[:, 0] == -1).all()
    loss = build_loss({"name": name}, head)(logits, target)
    assert loss.item() == 0
    loss.backward()
    assert (logits.grad == 0).all()


@pytest.mark.parametrize(("name", "head"), EVERY_LOSS)
def test_half_precision_logits_give_the_loss_of_their_values(name, head):
    logits, target = example(name, head)
    loss = build_loss({"name": name}, head)
    half = (10 * logits.detach()).to(torch.bfloat16)
    assert loss(half, target).dtype == torch.float32
    assert loss(half, target).item() == pytest.approx(loss(half.float(), target).item(), rel=1e-6)


@pytest.mark.parametrize(("name", "head"), EVERY_LOSS)
def test_perfect_logits_leave_no_loss(name, head):
    _, target = example(name, head)
    n = HEADS[head].n_channels
    if head in ("softmax", "contour"):
        logits = 60.0 * functional.one_hot(target[:, 0].long(), n).movedim(-1, 1).float()
    elif head != "distance":
        logits = target[:, :n].double().clamp(min=0.0).logit().clamp(-60.0, 60.0)
    else:
        logits = target[:, :n].clone()
        logits[:, 0] = 120.0 * logits[:, 0] - 60.0
    assert build_loss({"name": name}, head)(logits, target).item() == pytest.approx(0, abs=1e-5)


@pytest.mark.parametrize("class_weights", [None, (0.15, 0.25, 0.6)])
def test_cross_entropy_equals_torchs(class_weights):
    logits, target = example("cross_entropy", "contour", unlabelled_columns=2)
    weight = None if class_weights is None else torch.tensor(class_weights)
    expected = functional.cross_entropy(logits, target[:, 0].long(), weight=weight, ignore_index=-1)
    assert cross_entropy(logits, target, class_weights=class_weights).item() == pytest.approx(expected.item())


def test_even_odds_cost_the_logarithm_of_the_number_of_classes():
    _, target = example("cross_entropy", "contour")
    assert cross_entropy(torch.zeros(2, 3, 12, 14), target).item() == pytest.approx(math.log(3))
    _, target = example("binary_cross_entropy", "binary")
    loss = build_loss({"name": "binary_cross_entropy"}, "binary")
    assert loss(torch.zeros(2, 1, 12, 14), target).item() == pytest.approx(math.log(2))


def test_binary_cross_entropy_weighs_cells():
    logits, target = example("binary_cross_entropy", "binary")
    loss = build_loss({"name": "binary_cross_entropy", "positive_weight": 4.0}, "binary")
    weight = torch.where(target > 0, 4.0, 1.0)
    expected = (
        functional.binary_cross_entropy_with_logits(logits, target, weight=weight, reduction="sum")
        / weight.sum()
    )
    assert loss(logits, target).item() == pytest.approx(expected.item())


def test_dice_of_even_odds_on_half_the_pixels():
    """p = 1/2 everywhere, n cell pixels of 2n: 1 - (2 n/2 + 1) / (n + n + 1)."""
    target = torch.zeros(1, 1, 4, 10)
    target[..., :5] = 1
    assert dice(torch.zeros(1, 1, 4, 10), target).item() == pytest.approx(1 - 21 / 41)
    # Two equal logits are the same odds, of one class that is not the background.
    assert dice(torch.zeros(1, 2, 4, 10), target).item() == pytest.approx(1 - 21 / 41)


def test_two_logits_and_their_difference_as_one_are_the_same():
    logits, target = example("dice", "softmax", unlabelled_columns=1)
    one = logits[:, 1:] - logits[:, :1]
    for loss in (cross_entropy, dice, weighted_bce_dice, focal):
        assert loss(logits, target).item() == pytest.approx(loss(one, target).item(), rel=1e-5)


def test_weighted_bce_dice_is_the_weighted_sum():
    logits, target = example("weighted_bce_dice", "binary")
    loss = weighted_bce_dice(logits, target, class_weights=(1, 3), cross_entropy_weight=2.0, dice_weight=0.5)
    expected = 2.0 * cross_entropy(logits, target, class_weights=(1, 3)) + 0.5 * dice(logits, target)
    assert loss.item() == pytest.approx(expected.item())


def test_focal_without_focus_is_cross_entropy():
    logits, target = example("focal", "contour", unlabelled_columns=2)
    assert focal(logits, target, gamma=0.0).item() == pytest.approx(
        cross_entropy(logits, target).item(), rel=1e-5
    )


def test_focal_of_one_pixel_is_that_of_the_paper():
    logit = torch.tensor([[[[0.7]]]])
    p = 1 / (1 + math.exp(-0.7))
    on_cell = focal(logit, torch.ones(1, 1, 1, 1), gamma=2.0, class_weights=(0.75, 0.25))
    off_cell = focal(logit, torch.zeros(1, 1, 1, 1), gamma=2.0, class_weights=(0.75, 0.25))
    assert on_cell.item() == pytest.approx(-0.25 * (1 - p) ** 2 * math.log(p), rel=1e-5)
    assert off_cell.item() == pytest.approx(-0.75 * p**2 * math.log(1 - p), rel=1e-5)


@pytest.mark.parametrize("gamma", [0.5, 1.0, 2.0])
def test_focal_gradient_is_finite_where_the_prediction_is_certain(gamma):
    logits = torch.tensor([-200.0, -20.0, 20.0, 200.0]).reshape(1, 1, 1, 4).requires_grad_()
    focal(logits, torch.tensor([0.0, 0.0, 1.0, 1.0]).reshape(1, 1, 1, 4), gamma=gamma).backward()
    assert torch.isfinite(logits.grad).all()


def test_weight_map_counts_each_pixel_by_its_weight():
    logits, target = example("shape_aware", "binary", unlabelled_columns=2)
    labelled = target[:, 0] >= 0
    weight = target[:, 1][labelled]
    losses = functional.binary_cross_entropy_with_logits(
        logits[:, 0][labelled], target[:, 0][labelled], weight=weight
    )
    expected = losses * weight.numel() / weight.sum()
    assert weight_map_cross_entropy(logits, target).item() == pytest.approx(expected.item(), rel=1e-5)


def test_spot_regression_norms():
    logits, target = example("spot_regression", "spots")
    spots = logits.sigmoid()
    mse, l1 = functional.mse_loss(spots, target).item(), functional.l1_loss(spots, target).item()
    assert spot_regression(logits, target).item() == pytest.approx(mse, rel=1e-5)
    assert spot_regression(logits, target, norm="l1_l2").item() == pytest.approx(mse + l1, rel=1e-5)


def test_contact_weight_counts_errors_on_contacts_more_and_no_others():
    logits = torch.zeros(1, 3, 2, 2)
    target = torch.zeros(1, 3, 2, 2)
    target[0, 2, 0, 0] = 1.0  # of four pixels one lies between two cells
    plain, weighted = (
        distance_regression(logits, target, dice_weight=0.0, regression_weight=1.0, contact_weight=weight)
        for weight in (0.0, 4.0)
    )
    # Smooth L1 with its knee at 0.1: an error of 1 costs 0.95.
    assert float(weighted - plain) == pytest.approx(4 * 0.95 / 4)
    target[:] = 0.0
    assert distance_regression(logits, target) == distance_regression(logits, target, contact_weight=4.0)


def test_distance_regression_by_hand():
    """Three pixels, each off by 0.05 in depth (squared) and by 0.2 or 0.4 in neighbour (past the knee at 0.1)."""
    target = torch.tensor([[1.0, 1.0, 0.0], [1.0, 0.5, 0.0], [0.0, 1.0, 0.0]]).reshape(1, 3, 1, 3)
    logits = target.clone()
    logits[:, 0] = 100 * target[:, 0] - 50
    logits[:, 1] += 0.05
    logits[:, 2] += torch.tensor([0.2, 0.4, 0.2])
    depth = 0.5 * 0.05**2 / 0.1
    neighbour = np.mean(np.array([0.2, 0.4, 0.2]) - 0.5 * 0.1)
    loss = distance_regression(logits, target, regression_weight=2.0)
    assert loss.item() == pytest.approx(2.0 * (depth + neighbour), rel=1e-4)


def test_tips_are_learned_beside_the_head():
    logits, target = example("shape_aware", "softmax")
    tips = (torch.rand(2, 1, 12, 14, generator=torch.Generator().manual_seed(1)) > 0.9).float()
    tip_logits = torch.randn(2, 1, 12, 14, generator=torch.Generator().manual_seed(2))
    config = {"name": "shape_aware", "tips_weight": 0.5}
    both = build_loss(config, "softmax", tips=True)
    expected = build_loss(config, "softmax")(logits, target) + 0.5 * weighted_bce_dice(tip_logits, tips)
    found = both(torch.cat((logits, tip_logits), 1), torch.cat((target, tips), 1))
    assert found.item() == pytest.approx(expected.item())


@pytest.mark.parametrize("head", list(HEADS))
def test_every_head_has_a_usual_loss(head):
    blank = make_target(np.zeros((4, 4), np.int32), HEADS[head])
    target = torch.from_numpy(blank)[None]
    assert build_loss({}, head)(torch.zeros(1, HEADS[head].n_channels, 4, 4), target).isfinite()


def test_only_two_losses_want_weights_with_the_target():
    assert {name for name, loss in LOSSES.items() if loss().weights is not None} == {
        "shape_aware",
        "distance_weighted",
    }
    settings = {"name": "distance_weighted", "alpha": 3.0, "sigma_px": 7.0}
    weights = parse_loss(settings, HEADS["binary"]).weights
    assert weights is not None
    assert (weights.kind, weights.alpha, weights.sigma_px) == ("border", 3.0, 7.0)


@pytest.mark.parametrize(
    ("values", "head", "message"),
    [
        ({"name": "spot_regression"}, "binary", "'spot_regression' does not fit the head 'binary'"),
        ({"name": "cross_entropy"}, "distance", "Set loss.name to one of: distance_regression"),
        (
            {"class_weights": (0.5, 0.5)},
            "contour",
            "class_weights has 2 values, but the head 'contour' has 3",
        ),
        (
            {"name": "dice", "gamma": 1.0},
            "binary",
            "Unknown setting 'loss.gamma'. Allowed here: name, tips_weight",
        ),
        ({"class_weights": (1, 2)}, "distance", "Unknown setting 'loss.class_weights'"),
    ],
)
def test_combinations_that_make_no_sense_are_refused(values, head, message):
    with pytest.raises(ConfigurationError, match=message):
        build_loss(values, head)


def test_unknown_loss_is_refused():
    with pytest.raises(ConfigurationError, match=r"Unknown loss 'dicee'. Did you mean 'dice'"):
        build_loss({"name": "dicee"}, "binary")
