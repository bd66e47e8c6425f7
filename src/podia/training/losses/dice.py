"""Overlap of probabilities with the truth."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from podia.training.losses.pixels import labelled_pixels

_SMOOTHING_PX = 1.0
"""Keeps the loss at 0 where neither truth nor prediction has anything."""


def dice(logits: Tensor, target: Tensor) -> Tensor:
    """Return ``1 - (2 sum(p t) + 1) / (sum(p) + sum(t) + 1)`` over the labelled pixels of the whole batch.

    `logits` ``(N, K, H, W)``; `target` ``(N, C, H, W)`` with class numbers, -1 unlabelled, in the first channel.
    With several logits, the mean over all classes but the background (Milletari et al. 2016 square p and t in the
    denominator; S2 and this do not).
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
