"""Cross-entropy whose pixels count by a map that comes with the target."""

from __future__ import annotations

from torch import Tensor

from podia.training.losses.pixels import labelled_pixels, pixel_cross_entropy, weighted_mean


def weight_map_cross_entropy(logits: Tensor, target: Tensor) -> Tensor:
    """Return ``sum(w * -log p_c) / sum(w)`` over labelled pixels, c the pixel's class and w its weight.

    The map is drawn by :func:`podia.networks.outputs.pixel_weights.pixel_weight_map`: kind ``shape`` gives the
    shape-aware loss (S3, equation 2), ``border`` that of the U-Net (Ronneberger et al. 2015, equation 1). Both papers
    sum; dividing by the sum of weights makes the learning rate independent of the patch.

    Parameters
    ----------
    logits
        ``(N, K, H, W)``.
    target
        ``(N, 2, H, W)``: class numbers, -1 unlabelled, and weights.
    """
    return weighted_mean(pixel_cross_entropy(logits, target), target[:, 1].float() * labelled_pixels(target))
