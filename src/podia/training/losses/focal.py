"""Cross-entropy of the pixels that are still wrong."""

from __future__ import annotations

import torch
from torch import Tensor

from podia.training.losses.pixels import (
    class_weight_of_pixels,
    labelled_pixels,
    pixel_cross_entropy,
    weighted_mean,
)


def focal(
    logits: Tensor,
    target: Tensor,
    *,
    gamma: float = 2.0,
    class_weights: tuple[float, ...] | None = None,
) -> Tensor:
    """Return the mean over labelled pixels of ``-a_c (1 - p_c)**gamma log p_c``, c the pixel's class.

    Lin et al. 2017, equation 5, who take gamma 2 and, for two classes, weights a of 0.75 and 0.25; None weighs
    all alike. `logits` ``(N, K, H, W)``, `target` ``(N, C, H, W)`` with class numbers, -1 unlabelled, in the first
    channel.
    """
    losses = pixel_cross_entropy(logits, target)
    # expm1 keeps the digits of 1 - p where p is near 1; the floor keeps gradients finite there for gamma below 1.
    wrong = (-torch.expm1(-losses)).clamp(min=torch.finfo(torch.float32).tiny)
    focused = wrong**gamma * losses
    if class_weights is not None:
        focused = focused * class_weight_of_pixels(target, class_weights)
    return weighted_mean(focused, labelled_pixels(target))
