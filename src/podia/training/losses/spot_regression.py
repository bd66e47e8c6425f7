"""Regression of Gaussian spots on cell centres."""

from __future__ import annotations

from typing import Literal

from torch import Tensor

from podia.training.losses.confident_background import leave_out_confident_background
from podia.training.losses.pixels import SUPPORT, labelled_pixels, weighted_mean
from podia.training.losses.positive_unlabelled import positive_unlabelled_risk


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
    """Return the mean squared error over labelled pixels (S4), or mean absolute plus mean squared error.

    Parameters
    ----------
    logits
        ``(N, 1, H, W)``; the spots are their logistic (S4).
    target
        ``(N, 1, H, W)`` in 0..1, -1 unlabelled.
    norm
        Of the error.
    positive_weight
        Of the top of a spot against background; a pixel of height y has the weight 1 + (positive_weight - 1) y. Above
        1, spots come out higher where the network is not sure of them.
    annotated_share
        Share of cells that are annotated; below 1 the risk is that of positive and unlabelled pixels
        (:func:`~podia.training.losses.positive_unlabelled.positive_unlabelled_risk`).
    ignore_above, ignore_radius_px
        Leave out background where a cell is more probable than that
        (:func:`~podia.training.losses.confident_background.leave_out_confident_background`).
    """
    spots = logits[:, 0].float().sigmoid()
    target = leave_out_confident_background(
        spots, target, above=ignore_above, radius_px=ignore_radius_px, positive_weight=positive_weight
    )
    truth, known = target[:, 0].float(), labelled_pixels(target)
    as_labelled = _loss(spots - truth, norm)
    if annotated_share == 1.0:
        return weighted_mean(as_labelled, known * (1.0 + (positive_weight - 1.0) * truth.clamp(min=0.0)))
    return positive_unlabelled_risk(
        as_labelled,
        _loss(spots, norm),
        support=(truth > SUPPORT).float(),
        known=known,
        annotated_share=annotated_share,
        positive_weight=positive_weight,
    )


def _loss(error: Tensor, norm: Literal["mse", "l1_l2"]) -> Tensor:
    return error.square() if norm == "mse" else error.square() + error.abs()
