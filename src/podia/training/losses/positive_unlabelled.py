"""The risk where only some cells are annotated, and what is not may be background or a cell."""

from __future__ import annotations

from torch import Tensor

from podia.training.losses.pixels import NO_WEIGHT


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
