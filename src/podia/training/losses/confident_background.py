"""Background on which the network is sure to see a cell: left out, for the annotator may have left the cell out."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from podia.training.losses.pixels import SUPPORT


def leave_out_confident_background(
    prediction: Tensor, target: Tensor, *, above: float | None, radius_px: int
) -> Tensor:
    """Return `target` with -1 (unlabelled) in all channels on discs around confident detections on background.

    A detection is a pixel whose prediction is higher than `above`, farther than `radius_px` from everything annotated.
    What is nearer to an annotated cell than that always counts, so that outlines and spots keep their size.

    Parameters
    ----------
    prediction
        ``(N, H, W)``: probability of a cell, or height of a spot. No gradient goes through it.
    target
        ``(N, C, H, W)``; 0 on background, higher on cells, -1 unlabelled in the first channel.
    above
        None leaves out nothing.
    radius_px
        Of the discs.
    """
    if above is None:
        return target
    annotated = _within(target[:, 0] > SUPPORT, radius_px)
    confident = (prediction.detach().float() > above) & (target[:, 0] >= 0) & ~annotated
    left_out = _within(confident, radius_px) & ~annotated
    return torch.where(left_out[:, None], torch.full_like(target, -1.0), target)


def _within(mask: Tensor, radius_px: int) -> Tensor:
    """Return which pixels are no farther than `radius_px` from a true one of `mask` ``(N, H, W)``."""
    across = torch.arange(-radius_px, radius_px + 1, device=mask.device)
    disc = (across[:, None] ** 2 + across**2 <= radius_px**2).float()
    return functional.conv2d(mask[:, None].float(), disc[None, None], padding=radius_px)[:, 0] > 0.5
