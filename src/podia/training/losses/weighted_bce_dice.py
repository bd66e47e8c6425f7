"""Cross-entropy, which is right pixel by pixel, and Dice, which does not drown rare cells in background."""

from __future__ import annotations

from torch import Tensor

from podia.training.losses.cross_entropy import cross_entropy
from podia.training.losses.dice import dice


def weighted_bce_dice(
    logits: Tensor,
    target: Tensor,
    *,
    class_weights: tuple[float, ...] | None = None,
    cross_entropy_weight: float = 1.0,
    dice_weight: float = 1.0,
) -> Tensor:
    """Return a weighted sum of (binary) cross-entropy and Dice loss (S2: both weights 1).

    `logits` ``(N, K, H, W)``, `target` ``(N, C, H, W)`` with class numbers, -1 unlabelled, in the first channel;
    for one logit, `class_weights` are those of background and cell.
    """
    pixelwise = cross_entropy(logits, target, class_weights=class_weights)
    return cross_entropy_weight * pixelwise + dice_weight * dice(logits, target)
