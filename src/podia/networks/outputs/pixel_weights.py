"""Pixel weights of a loss: maps computed from the cells' outlines."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.movie import LabelImage
from podia.labels.distances import distance_to_outline, distances_to_two_nearest

_REACH_SIGMAS = 4.0
"""Distance in sigmas beyond which the Gaussian, below 0.0004, is ignored."""


class PixelWeights(FrozenConfig):
    """Weights ``w_c + alpha * exp(-d**2 / (2 sigma**2))``: a class term and an outline term.

    w_c is 1 on background and, on cells, the number of background pixels over that of cell pixels.
    """

    kind: Literal["shape", "border"] = Field(
        description="Definition of d: shape, the distance to the nearest outline (Lin & Norouzi, equation 3); "
        "border, the sum of the distances to the two nearest cells (Ronneberger et al. 2015, equation 2)."
    )
    alpha: float = Field(10.0, ge=0, description="Weight of outlines (both papers: 10).")
    sigma_px: float = Field(5.0, gt=0, description="Reach of the weight from outlines, px (both papers: 5).")


def pixel_weight_map(labels: LabelImage, weights: PixelWeights) -> NDArray[np.float32]:
    """Return the weight of each pixel of `labels`, ``(Y, X)``; 0 where unlabelled (-1).

    Distances are to pixel centres across the outline: d is 1 at an outline for ``shape``, and 1 where two cells touch
    for ``border``.
    """
    if weights.kind == "shape":
        distance = distance_to_outline(labels)
    else:
        first, second = distances_to_two_nearest(labels, _REACH_SIGMAS * weights.sigma_px)
        distance = first + second
    outlines = np.exp(-np.square(distance) / np.float32(2.0 * weights.sigma_px**2))
    weight = _class_weights(labels) + np.float32(weights.alpha) * outlines
    return np.asarray(np.where(labels < 0, np.float32(0.0), weight), dtype=np.float32)


def _class_weights(labels: LabelImage) -> NDArray[np.float32]:
    n_cell = np.count_nonzero(labels > 0)
    n_background = np.count_nonzero(labels == 0)
    # A patch of cells only has no ratio to balance.
    on_cells = n_background / n_cell if n_cell and n_background else 1.0
    return np.where(labels > 0, np.float32(on_cells), np.float32(1.0))
