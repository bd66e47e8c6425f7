"""Cross-entropy of one probability."""

from __future__ import annotations

from torch import Tensor

from podia.training.losses.cross_entropy import cross_entropy


def binary_cross_entropy(logits: Tensor, target: Tensor, *, positive_weight: float = 1.0) -> Tensor:
    """Return the mean over labelled pixels of ``-log p`` on cells and ``-log(1 - p)`` on background.

    `logits` ``(N, 1, H, W)``, `target` ``(N, C, H, W)`` with 0, 1 or -1 (unlabelled) in the first channel. A cell's
    pixel counts `positive_weight` times as much as one of background; weights are normalised to their sum.
    """
    return cross_entropy(logits, target, class_weights=(1.0, positive_weight))
