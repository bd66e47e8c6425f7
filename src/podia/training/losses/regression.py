"""Regression losses: spots on cell centres and distance maps, alone or with the foreground."""

from __future__ import annotations

from typing import Literal

from torch import Tensor
from torch.nn import functional

from podia.training.losses.incomplete import leave_out_confident_background, positive_unlabelled_risk
from podia.training.losses.pixels import SUPPORT, labelled_pixels, weighted_mean
from podia.training.losses.pixelwise import weighted_bce_dice

_KNEE = 0.1
"""Transition from squared to absolute error (smooth L1). Boundaries between cells are few and uncertain, and their
large errors must not dominate. A purely squared error, with more weight on boundaries and less on background, gives SEG
0.60 instead of 0.62 on held-out fields of T98G after 250 steps.
"""


def distance_regression(
    logits: Tensor,
    target: Tensor,
    *,
    dice_weight: float = 1.0,
    regression_weight: float = 4.0,
    contact_weight: float = 0.0,
) -> Tensor:
    """Return BCE and Dice of the first channel, and smooth L1 of the other two (after Scherr et al. 2020).

    Parameters
    ----------
    logits
        ``(N, 3, H, W)``: log odds of a cell, depth, neighbour.
    target
        ``(N, 3, H, W)``: cell 0/1, depth and neighbour 0..1; -1 unlabelled. The last two are also unlabelled without
        instance labels.
    dice_weight Weight of the Dice loss relative to the cross-entropy. regression_weight Weight of the two regressions
    together relative to the cross-entropy. contact_weight Errors of the neighbour distance count ``1 + contact_weight *
    target`` times. The absolute error is minimal at the median, so that without it an uncertain contact is predicted as
    none.
    """
    errors = functional.smooth_l1_loss(
        logits[:, 1:].float(), target[:, 1:].float(), reduction="none", beta=_KNEE
    )
    closeness = 1.0 + contact_weight * target[:, 2].float().clamp(min=0)
    weighted = errors[:, 0] + closeness * errors[:, 1]
    regression = weighted_mean(weighted, labelled_pixels(target[:, 1:]))
    foreground = weighted_bce_dice(logits[:, :1], target[:, :1], dice_weight=dice_weight)
    return foreground + regression_weight * regression


def spot_regression(
    logits: Tensor,
    target: Tensor,
    *,
    norm: Literal["mse", "l1_l2"] = "mse",
    positive_weight: float = 1.0,
    annotated_share: float = 1.0,
    ignore_above: float | None = None,
    ignore_radius_px: int = 8,
) -> Tensor:
    """Return the mean squared error over labelled pixels, or mean absolute plus mean squared error.

    Parameters
    ----------
    logits
        ``(N, 1, H, W)``; the spots are the sigmoid of the logits.
    target
        ``(N, 1, H, W)`` in 0..1, -1 unlabelled.
    norm Norm of the error. positive_weight Weight of the top of a spot relative to background; a pixel of height y has
    the weight 1 + (positive_weight - 1) y. Above 1, uncertain spots are predicted higher. annotated_share
        Share of cells that are annotated; below 1, the positive-unlabelled risk is used
        (:func:`~podia.training.losses.incomplete.positive_unlabelled_risk`).
    ignore_above, ignore_radius_px
        Ignore background where the predicted cell probability is above this
        (:func:`~podia.training.losses.incomplete.leave_out_confident_background`).
    """
    spots = logits[:, 0].float().sigmoid()
    target = leave_out_confident_background(
        spots, target, above=ignore_above, radius_px=ignore_radius_px, positive_weight=positive_weight
    )
    truth, known = target[:, 0].float(), labelled_pixels(target)
    as_labelled = _error_norm(spots - truth, norm)
    if annotated_share == 1.0:
        return weighted_mean(as_labelled, known * (1.0 + (positive_weight - 1.0) * truth.clamp(min=0.0)))
    return positive_unlabelled_risk(
        as_labelled,
        _error_norm(spots, norm),
        support=(truth > SUPPORT).float(),
        known=known,
        annotated_share=annotated_share,
        positive_weight=positive_weight,
    )


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
        ``(N, 2, H, W)``; their sigmoids are the probability of a cell, and the spot.
    target
        ``(N, 2, H, W)``: cell 0/1, spot 0..1; -1 unlabelled, which includes the first channel of frames annotated by
        points.
    dice_weight Weight of the Dice loss relative to the cross-entropy. regression_weight Weight of the regression
    relative to the cross-entropy. norm, positive_weight, annotated_share Settings of the regression
    (:func:`~podia.training.losses.regression.spot_regression`). ignore_above, ignore_radius_px Ignored background of
    both channels, each by its own prediction.
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


def _error_norm(error: Tensor, norm: Literal["mse", "l1_l2"]) -> Tensor:
    return error.square() if norm == "mse" else error.square() + error.abs()
