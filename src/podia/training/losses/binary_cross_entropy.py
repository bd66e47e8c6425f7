"""Cross-entropy of one probability."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from podia.training.losses.confident_background import leave_out_confident_background
from podia.training.losses.cross_entropy import cross_entropy
from podia.training.losses.pixels import labelled_pixels, pixel_cross_entropy
from podia.training.losses.positive_unlabelled import positive_unlabelled_risk


def binary_cross_entropy(
    logits: Tensor,
    target: Tensor,
    *,
    positive_weight: float = 1.0,
    annotated_share: float = 1.0,
    ignore_above: float | None = None,
    ignore_radius_px: int = 8,
) -> Tensor:
    """Return the mean over labelled pixels of ``-log p`` on cells and ``-log(1 - p)`` on background.

    A cell's pixel counts `positive_weight` times as much as one of background; weights are normalised to their sum.

    Parameters
    ----------
    logits
        ``(N, 1, H, W)``.
    target
        ``(N, C, H, W)`` with 0, 1 or -1 (unlabelled) in the first channel.
    positive_weight
        Of cells.
    annotated_share, ignore_above, ignore_radius_px
        As for :func:`~podia.training.losses.spot_regression.spot_regression`.
    """
    target = leave_out_confident_background(
        logits[:, 0].float().sigmoid(),
        target,
        above=ignore_above,
        radius_px=ignore_radius_px,
        positive_weight=positive_weight,
    )
    if annotated_share == 1.0:
        return cross_entropy(logits, target, class_weights=(1.0, positive_weight))
    known = labelled_pixels(target)
    return positive_unlabelled_risk(
        pixel_cross_entropy(logits, target),
        functional.softplus(logits[:, 0].float()),  # -log(1 - p)
        support=(target[:, 0] > 0).float(),
        known=known,
        annotated_share=annotated_share,
        positive_weight=positive_weight,
    )
