"""Losses for classes: cross-entropy, Dice, focal loss, and weight maps."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from podia.training.losses.incomplete import leave_out_confident_background, positive_unlabelled_risk
from podia.training.losses.pixels import (
    class_weight_of_pixels,
    labelled_pixels,
    pixel_cross_entropy,
    weighted_mean,
)

_SMOOTHING_PX = 1.0
"""Keeps the Dice loss at 0 if truth and prediction are both empty."""


def cross_entropy(
    logits: Tensor, target: Tensor, *, class_weights: tuple[float, ...] | None = None
) -> Tensor:
    """Return ``sum(w_c * -log p_c) / sum(w_c)`` over labelled pixels, c the pixel's class.

    Parameters
    ----------
    logits
        ``(N, K, H, W)``.
    target
        ``(N, C, H, W)``; class numbers in the first channel, -1 unlabelled.
    class_weights
        K weights, one per class (Arbelle & Riklin Raviv 2019: 0.15 background, 0.25 cell, 0.6 contour); None: all 1.
    """
    weights = (
        labelled_pixels(target) if class_weights is None else class_weight_of_pixels(target, class_weights)
    )
    return weighted_mean(pixel_cross_entropy(logits, target), weights)


def binary_cross_entropy(
    logits: Tensor,
    target: Tensor,
    *,
    positive_weight: float = 1.0,
    annotated_share: float = 1.0,
    ignore_above: float | None = None,
    ignore_radius_px: int = 8,
) -> Tensor:
    """Return the mean over labelled pixels of ``-log p`` on cells and ``-log(1 - p)`` on background.

    Pixels of cells have `positive_weight` times the weight of background; weights are normalised by their sum.

    Parameters
    ----------
    logits
        ``(N, 1, H, W)``.
    target
        ``(N, C, H, W)`` with 0, 1 or -1 (unlabelled) in the first channel.
    positive_weight Weight of cells relative to background. annotated_share, ignore_above, ignore_radius_px
        As for :func:`~podia.training.losses.regression.spot_regression`.
    """
    target = leave_out_confident_background(
        logits[:, 0].float().sigmoid(),
        target,
        above=ignore_above,
        radius_px=ignore_radius_px,
        positive_weight=positive_weight,
    )
    if annotated_share == 1.0:
        return cross_entropy(logits, target, class_weights=(1.0, positive_weight))
    known = labelled_pixels(target)
    return positive_unlabelled_risk(
        pixel_cross_entropy(logits, target),
        functional.softplus(logits[:, 0].float()),  # -log(1 - p)
        support=(target[:, 0] > 0).float(),
        known=known,
        annotated_share=annotated_share,
        positive_weight=positive_weight,
    )


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """Return ``1 - (2 sum(p t) + 1) / (sum(p) + sum(t) + 1)`` over the labelled pixels of the whole batch.

    `logits` ``(N, K, H, W)``; `target` ``(N, C, H, W)`` with class numbers, -1 unlabelled, in the first channel. With
    several logits, the mean over all classes except the background. (Milletari et al. 2016 square p and t in the
    denominator; here they are not squared.)
    """
    labelled = labelled_pixels(target)[:, None]
    if logits.shape[1] == 1:
        probability, truth = logits.float().sigmoid(), target[:, :1].float()
    else:
        probability = logits.float().softmax(dim=1)[:, 1:]
        classes = target[:, 0].long().clamp(min=0)
        truth = functional.one_hot(classes, logits.shape[1]).movedim(-1, 1)[:, 1:].float()
    probability, truth = probability * labelled, truth * labelled
    over = (0, 2, 3)
    common = (probability * truth).sum(over)
    overlap = (2.0 * common + _SMOOTHING_PX) / (probability.sum(over) + truth.sum(over) + _SMOOTHING_PX)
    return torch.mean(1.0 - overlap)


def weighted_bce_dice(
    logits: Tensor,
    target: Tensor,
    *,
    class_weights: tuple[float, ...] | None = None,
    cross_entropy_weight: float = 1.0,
    dice_weight: float = 1.0,
) -> Tensor:
    """Return a weighted sum of (binary) cross-entropy and Dice loss.

    `logits` ``(N, K, H, W)``, `target` ``(N, C, H, W)`` with class numbers, -1 unlabelled, in the first channel;
    for one logit, `class_weights` are those of background and cell.
    """
    pixelwise = cross_entropy(logits, target, class_weights=class_weights)
    return cross_entropy_weight * pixelwise + dice_weight * dice(logits, target)


def focal(
    logits: Tensor,
    target: Tensor,
    *,
    gamma: float = 2.0,
    class_weights: tuple[float, ...] | None = None,
) -> Tensor:
    """Return the mean over labelled pixels of ``-a_c (1 - p_c)**gamma log p_c``, c the pixel's class.

    Lin et al. 2017, equation 5, who use gamma 2 and, for two classes, weights a of 0.75 and 0.25; None gives equal
    weights. `logits` ``(N, K, H, W)``, `target` ``(N, C, H, W)`` with class numbers, -1 unlabelled, in the first
    channel.
    """
    losses = pixel_cross_entropy(logits, target)
    # expm1 keeps 1 - p accurate for p near 1; the floor keeps its gradient finite for gamma below 1.
    wrong = (-torch.expm1(-losses)).clamp(min=torch.finfo(torch.float32).tiny)
    focused = wrong**gamma * losses
    if class_weights is not None:
        focused = focused * class_weight_of_pixels(target, class_weights)
    return weighted_mean(focused, labelled_pixels(target))


def weight_map_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Return ``sum(w * -log p_c) / sum(w)`` over labelled pixels, c the pixel's class and w its weight.

    The weights are computed by :func:`podia.networks.outputs.pixel_weights.pixel_weight_map`: kind ``shape`` gives the
    shape-aware loss (Lin & Norouzi, equation 2), ``border`` that of the U-Net (Ronneberger et al. 2015,
    equation 1). Both papers use sums; dividing by the sum of weights makes the learning rate independent of the patch.

    Parameters
    ----------
    logits
        ``(N, K, H, W)``.
    target
        ``(N, 2, H, W)``: class numbers, -1 unlabelled, and weights.
    """
    return weighted_mean(pixel_cross_entropy(logits, target), target[:, 1].float() * labelled_pixels(target))
