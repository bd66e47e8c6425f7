"""Building blocks of losses: the loss of each pixel, and means over labelled pixels.

N is the batch size, K the number of logit channels, C that of target channels. Everything is computed in float32,
regardless of the type of the logits.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

SUPPORT = 0.05
"""Height of a spot below which a pixel counts as background: 2.4 standard deviations from its centre. It also separates
targets of 0 and 1.
"""
NO_WEIGHT = 1e-12
"""Replaces a sum of weights of 0; its inverse times the weight of a loss must be finite."""


def labelled_pixels(target: Tensor) -> Tensor:
    """Return 1 where `target` ``(N, C, H, W)`` is labelled and 0 where it is -1, ``(N, H, W)`` float32."""
    return (target[:, 0] >= 0).float()


def pixel_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Return ``-log p`` of the class of each pixel, ``(N, H, W)``, 0 where unlabelled.

    A single logit is the log odds of a cell (sigmoid); several logits are classes (softmax). The first channel of
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
    """Return the weight of the class of each pixel, ``(N, H, W)``, 0 where unlabelled."""
    table = torch.tensor((*weights, 0.0), dtype=torch.float32, device=target.device)
    return table[target[:, 0].long()]  # -1 takes the last


def weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    """Return ``sum(w v) / sum(w)``; 0, with gradients of 0, if all weights are 0."""
    return (values * weights).sum() / weights.sum().clamp(min=NO_WEIGHT)
