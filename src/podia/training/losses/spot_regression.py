"""Regression of Gaussian spots on cell centres."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from podia.training.losses.pixels import labelled_pixels, weighted_mean


def spot_regression(logits: Tensor, target: Tensor, *, norm: Literal["mse", "l1_l2"] = "mse") -> Tensor:
    """Return the mean squared error over labelled pixels (S4), or mean absolute plus mean squared error.

    `logits` ``(N, 1, H, W)`` are the spots themselves; `target` ``(N, 1, H, W)`` in 0..1, -1 unlabelled.
    """
    error = logits[:, 0].float() - target[:, 0].float()
    losses = error.square() if norm == "mse" else error.square() + error.abs()
    return weighted_mean(losses, labelled_pixels(target))
