"""Background on which the network is sure to see a cell: left out, for the annotator may have left the cell out."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from podia.training.losses.pixels import SUPPORT


def leave_out_confident_background(
    prediction: Tensor, target: Tensor, *, above: float | None, radius_px: int, positive_weight: float = 1.0
) -> Tensor:
    """Return `target` with -1 (unlabelled) in all channels on discs around confident detections on background.

    A detection is a pixel whose prediction says a cell with more than `above`, farther than `radius_px` from everything
    annotated. What is nearer to an annotated cell than that always counts, so that outlines and spots keep their size.

    A loss that weighs cells w times as much as background is least, where one of them is with probability p, not at p
    but at ``w p / (w p + 1 - p)``. Predictions are compared with that of `above`: otherwise, with w = 10, what is a
    cell with probability 0.1 is "sure" already, and debris, never counted as background, becomes cells.

    Parameters
    ----------
    prediction
        ``(N, H, W)``: probability of a cell, or height of a spot. No gradient goes through it.
    target
        ``(N, C, H, W)``; 0 on background, higher on cells, -1 unlabelled in the first channel.
    above
        Probability of a cell; None leaves out nothing.
    radius_px
        Of the discs.
    positive_weight
        Of cells against background in the loss by which the prediction is learned.
    """
    if above is None:
        return target
    sure = positive_weight * above / (positive_weight * above + 1.0 - above)
    annotated = _within(target[:, 0] > SUPPORT, radius_px)
    confident = (prediction.detach().float() > sure) & (target[:, 0] >= 0) & ~annotated
    left_out = _within(confident, radius_px) & ~annotated
    return torch.where(left_out[:, None], torch.full_like(target, -1.0), target)


def _within(mask: Tensor, radius_px: int) -> Tensor:
    """Return which pixels are no farther than `radius_px` from a true one of `mask` ``(N, H, W)``."""
    across = torch.arange(-radius_px, radius_px + 1, device=mask.device)
    disc = (across[:, None] ** 2 + across**2 <= radius_px**2).float()
    return functional.conv2d(mask[:, None].float(), disc[None, None], padding=radius_px)[:, 0] > 0.5
