"""Losses under incomplete annotation: some cells may not have been annotated, and count as background by mistake."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from podia.training.losses.pixels import NO_WEIGHT, SUPPORT


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

    over the number of pixels. The annotated cells stand for all cells, 1/c times as many; what they would cost as
    background is taken from what all pixels cost as background, since cells among the unlabelled pixels are in there.
    The maximum keeps the network from gaining by it. With c = 1 it is the ordinary loss.

    Parameters
    ----------
    as_labelled, as_background
        ``(N, H, W)``: loss of each pixel against its label, and against background.
    support, known
        ``(N, H, W)`` of 0 and 1: pixels of annotated cells, and all that are not unlabelled.
    annotated_share
        c, in 0..1.
    positive_weight
        Of cells against background; the sum is divided by the sum of weights.
    """
    n_cells = support.sum() / annotated_share
    n_background = (known.sum() - n_cells).clamp(min=0.0)
    cells = positive_weight * (as_labelled * support).sum() / annotated_share
    background = (as_background * known).sum() - (as_background * support).sum() / annotated_share
    return (cells + background.clamp(min=0.0)) / (positive_weight * n_cells + n_background).clamp(
        min=NO_WEIGHT
    )


def _within(mask: Tensor, radius_px: int) -> Tensor:
    """Return which pixels are no farther than `radius_px` from a true one of `mask` ``(N, H, W)``."""
    across = torch.arange(-radius_px, radius_px + 1, device=mask.device)
    disc = (across[:, None] ** 2 + across**2 <= radius_px**2).float()
    return functional.conv2d(mask[:, None].float(), disc[None, None], padding=radius_px)[:, 0] > 0.5
