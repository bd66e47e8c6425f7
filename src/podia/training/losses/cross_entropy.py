"""Cross-entropy over classes."""

from __future__ import annotations

from torch import Tensor

from podia.training.losses.pixels import (
    class_weight_of_pixels,
    labelled_pixels,
    pixel_cross_entropy,
    weighted_mean,
)


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
        A weight a class, K in all; S1 takes 0.15 background, 0.25 cell, 0.6 contour. None weighs all alike (S0).
    """
    weights = (
        labelled_pixels(target) if class_weights is None else class_weight_of_pixels(target, class_weights)
    )
    return weighted_mean(pixel_cross_entropy(logits, target), weights)
