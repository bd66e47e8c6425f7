"""Foreground and spots on cell centres, learned together; each where it is known."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from podia.training.losses.confident_background import leave_out_confident_background
from podia.training.losses.spot_regression import spot_regression
from podia.training.losses.weighted_bce_dice import weighted_bce_dice


def cells_and_spots(
    logits: Tensor,
    target: Tensor,
    *,
    dice_weight: float = 1.0,
    regression_weight: float = 4.0,
    norm: Literal["mse", "l1_l2"] = "mse",
    positive_weight: float = 1.0,
    annotated_share: float = 1.0,
    ignore_above: float | None = None,
    ignore_radius_px: int = 8,
) -> Tensor:
    """Return BCE and Dice of the first channel, and the regression of spots of the second.

    Parameters
    ----------
    logits
        ``(N, 2, H, W)``; the logistic of each is the probability of a cell, and the spot.
    target
        ``(N, 2, H, W)``: cell 0/1, spot 0..1; -1 unlabelled, in the first channel all of frames that were annotated by
        points.
    dice_weight
        Of the Dice loss, against the cross-entropy.
    regression_weight
        Of the regression, against the cross-entropy.
    norm, positive_weight, annotated_share
        Of the regression (:func:`~podia.training.losses.spot_regression.spot_regression`).
    ignore_above, ignore_radius_px
        Of both channels, each by its own prediction.
    """
    cells = leave_out_confident_background(
        logits[:, 0].float().sigmoid(), target[:, :1], above=ignore_above, radius_px=ignore_radius_px
    )
    spots = spot_regression(
        logits[:, 1:],
        target[:, 1:],
        norm=norm,
        positive_weight=positive_weight,
        annotated_share=annotated_share,
        ignore_above=ignore_above,
        ignore_radius_px=ignore_radius_px,
    )
    return weighted_bce_dice(logits[:, :1], cells, dice_weight=dice_weight) + regression_weight * spots
