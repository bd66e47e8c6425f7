"""Losses for incomplete annotation, where cells that were not annotated count as background."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from podia.training.losses.pixels import NO_WEIGHT, SUPPORT


def leave_out_confident_background(
    prediction: Tensor, target: Tensor, *, above: float | None, radius_px: int, positive_weight: float = 1.0
) -> Tensor:
    """Return `target` with discs around confident detections on background set to -1 (unlabelled) in all channels.

    A detection is a pixel with a predicted cell probability above `above`, farther than `radius_px` from all annotated
    pixels. Pixels closer to an annotated cell always count, so that outlines and spots keep their size.

    If a pixel is a cell with probability p and a loss weighs cells w times as much as background, its minimum is not at
    p but at ``w p / (w p + 1 - p)``. `above` is converted in the same way: otherwise, with w = 10, a probability of 0.1
    would already count as confident, and debris would never be background and become cells.

    Parameters
    ----------
    prediction
        ``(N, H, W)``: probability of a cell, or height of a spot. It receives no gradient.
    target
        ``(N, C, H, W)``; 0 on background, higher on cells, -1 unlabelled in the first channel.
    above
        Minimum probability of a cell; None ignores nothing.
    radius_px Radius of the discs. positive_weight
        Weight of cells relative to background in the loss of the prediction.
    """
    if above is None:
        return target
    sure = positive_weight * above / (positive_weight * above + 1.0 - above)
    annotated = _within(target[:, 0] > SUPPORT, radius_px)
    confident = (prediction.detach().float() > sure) & (target[:, 0] >= 0) & ~annotated
    left_out = _within(confident, radius_px) & ~annotated
    return torch.where(left_out[:, None], torch.full_like(target, -1.0), target)


def positive_unlabelled_risk(
    as_labelled: Tensor,
    as_background: Tensor,
    *,
    support: Tensor,
    known: Tensor,
    annotated_share: float,
    positive_weight: float = 1.0,
) -> Tensor:
    """Return the non-negative risk of Kiryo et al. 2017 (NeurIPS, equation 6) over pixels.

    With c the share of cells that are annotated, S the pixels of annotated cells and l the loss of a pixel::

        1/c sum_S l(f, y) + max(0, sum_all l(f, 0) - 1/c sum_S l(f, 0))

    divided by the number of pixels. The annotated cells represent all cells, which are 1/c times as many. Their loss as
    background is subtracted from the loss of all pixels as background, which includes the cells among the unlabelled
    pixels. The maximum keeps this term non-negative. With c = 1 it is the ordinary loss.

    Parameters
    ----------
    as_labelled, as_background
        ``(N, H, W)``: loss of each pixel for its label, and for background.
    support, known
        ``(N, H, W)`` of 0 and 1: pixels of annotated cells, and all labelled pixels.
    annotated_share
        c, in 0..1.
    positive_weight
        Weight of cells relative to background; the sum is divided by the sum of weights.
    """
    n_cells = support.sum() / annotated_share
    n_background = (known.sum() - n_cells).clamp(min=0.0)
    cells = positive_weight * (as_labelled * support).sum() / annotated_share
    background = (as_background * known).sum() - (as_background * support).sum() / annotated_share
    return (cells + background.clamp(min=0.0)) / (positive_weight * n_cells + n_background).clamp(
        min=NO_WEIGHT
    )


def _within(mask: Tensor, radius_px: int) -> Tensor:
    """Return which pixels are within `radius_px` of a true pixel of `mask` ``(N, H, W)``."""
    across = torch.arange(-radius_px, radius_px + 1, device=mask.device)
    disc = (across[:, None] ** 2 + across**2 <= radius_px**2).float()
    return functional.conv2d(mask[:, None].float(), disc[None, None], padding=radius_px)[:, 0] > 0.5
