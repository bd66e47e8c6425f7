"""What losses have in common: the loss of each pixel, and means over the pixels that are labelled.

N is the batch, K logits' channels, C target's channels. Everything is computed in float32, whatever the logits are.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SUPPORT = 0.05
"""Height of a spot below which a pixel counts as background: 2.4 standard deviations from its centre. Targets that are
0 or 1 lie on either side."""
NO_WEIGHT = 1e-12
"""Stands for a sum of weights of 0; its inverse times a loss's own weight must stay finite."""


def labelled_pixels(target: Tensor) -> Tensor:
    """Return 1 where `target` ``(N, C, H, W)`` has a label and 0 where it is -1, ``(N, H, W)`` float32."""
    return (target[:, 0] >= 0).float()


def pixel_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Return ``-log p`` of each pixel's class, ``(N, H, W)``, 0 where unlabelled.

    One logit is the log odds of a cell (sigmoid); several are the classes' (softmax). The first channel of
    `target` ``(N, C, H, W)`` holds class numbers.
    """
    logits, classes = logits.float(), target[:, 0]
    if logits.shape[1] == 1:
        losses = functional.binary_cross_entropy_with_logits(
            logits[:, 0], classes.float().clamp(min=0), reduction="none"
        )
        return losses * labelled_pixels(target)
    return functional.cross_entropy(logits, classes.long(), ignore_index=-1, reduction="none")


def class_weight_of_pixels(target: Tensor, weights: tuple[float, ...]) -> Tensor:
    """Return the weight of each pixel's class, ``(N, H, W)``, 0 where unlabelled."""
    table = torch.tensor((*weights, 0.0), dtype=torch.float32, device=target.device)
    return table[target[:, 0].long()]  # -1 takes the last


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Return ``sum(w v) / sum(w)``; 0, with gradients of 0, where all weights are 0."""
    return (values * weights).sum() / weights.sum().clamp(min=NO_WEIGHT)
