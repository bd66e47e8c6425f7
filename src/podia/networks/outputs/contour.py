"""Head ``contour``: background, cell and contour as three classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage as ndi

from podia.data.movie import LabelImage
from podia.labels.cleaning import grow_into
from podia.labels.foreground import EIGHT_NEIGHBOURS, close_gaps
from podia.labels.watershed import flood_cells, smooth
from podia.networks.outputs.base import (
    AnnotationType,
    CellDecodeConfig,
    Channels,
    Output,
    PartialTargetConfig,
    Prediction,
)

if TYPE_CHECKING:
    from torch import Tensor


class ContourDecode(CellDecodeConfig):
    """Decode settings."""

    head: Literal["contour"] = "contour"
    method: Literal["watershed", "contour_threshold"] = Field(
        "watershed",
        description="watershed floods cells from their insides, so that thin arms, which are all contour, stay with "
        "their cell; contour_threshold is the method of Arbelle & Riklin Raviv 2019.",
    )
    contour_threshold: float = Field(
        0.2,
        gt=0,
        lt=1,
        description="contour_threshold: probability above which a pixel is contour (Arbelle & Riklin Raviv 2019).",
    )
    contour_reach_px: float = Field(
        2.0,
        ge=0,
        le=10,
        description="contour_threshold: maximum distance of a contour pixel from its cell, px (Arbelle & Riklin Raviv "
        "2019).",
    )
    threshold: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="watershed: probability of cell or contour above which a pixel is foreground.",
    )
    closing_radius_px: float = Field(
        0.0, ge=0, description="watershed: radius of the disc that closes gaps in the foreground, px."
    )
    seed_threshold: float = Field(
        0.3, ge=-1, lt=1, description="watershed: cell minus contour above which a pixel is part of a seed."
    )
    seed_smoothing_px: float = Field(
        0.0, ge=0, description="watershed: standard deviation of the smoothing before the seed threshold, px."
    )
    min_seed_area_px: int = Field(
        5,
        ge=1,
        description="watershed: minimum seed area, px; smaller seeds count only where there is no larger one.",
    )


class ContourTarget(PartialTargetConfig):
    """Target settings."""

    head: Literal["contour"] = "contour"
    contour_px: int = Field(
        1,
        ge=1,
        le=10,
        description="Width of the contour, inside cells, px (1 in Arbelle & Riklin Raviv 2019).",
    )


class Contour(Output[ContourDecode, ContourTarget]):
    """Background, cell and contour; the contour is drawn inside cells, one pixel wide by default."""

    name: Literal["contour"] = "contour"
    channels: ClassVar[tuple[str, ...]] = ("background", "cell", "contour")
    losses: ClassVar[tuple[str, ...]] = ("cross_entropy", "dice", "weighted_bce_dice", "focal", "shape_aware")
    meaning: ClassVar[str] = "Three classes, the contour one pixel wide."

    decode_config = ContourDecode
    target_config = ContourTarget
    common_channels = False

    def activate(self, logits: Tensor) -> Tensor:
        """Return the softmax of `logits`."""
        return logits.softmax(dim=-3)

    def draw_target(self, labels: LabelImage, config: ContourTarget, kind: AnnotationType) -> Channels:
        """Return 0 on background, 1 inside cells, 2 on the outermost `contour_px` pixels of each cell."""
        inner = labels
        for _ in range(config.contour_px):
            inner = np.where(_differs_from_a_neighbour(inner), 0, inner)
        in_cell = labels > 0
        return [np.asarray(in_cell.astype(np.float32) + (in_cell & (inner <= 0)))]

    def cells(self, prediction: Prediction, config: ContourDecode) -> LabelImage:
        """Return cells, separated by the method in `config`."""
        background, cell, contour = prediction
        if config.method == "contour_threshold":
            core = (cell > background) & (cell > contour) & (contour <= config.contour_threshold)
            labels, _ = ndi.label(core, EIGHT_NEIGHBOURS)
            return config.clean(
                grow_into(labels, contour > config.contour_threshold, config.contour_reach_px)
            )
        foreground = close_gaps(background < 1.0 - config.threshold, config.closing_radius_px)
        core = smooth(cell - contour, config.seed_smoothing_px) > config.seed_threshold
        return config.clean(flood_cells(foreground, core, -contour, min_seed_area_px=config.min_seed_area_px))

    def foreground(self, prediction: Prediction) -> NDArray[np.float32]:
        """Return the probability of cell or contour ``(Y, X)``."""
        return np.asarray(1 - prediction[0])

    def explain_decoding(self, config: ContourDecode) -> str:
        """Describe the decoding."""
        if config.method == "contour_threshold":
            return (
                "Regions where `cell` is the highest channel and `contour` does not exceed the contour threshold are "
                "the insides of cells; every other pixel whose `contour` exceeds it goes to the nearest of them "
                "within the contour reach."
            )
        return (
            "Regions where `cell` minus `contour` exceeds the seed threshold are the insides of cells; a watershed "
            "grows them over all pixels that are more likely cell or contour than background."
        )


def _differs_from_a_neighbour(labels: LabelImage) -> NDArray[np.bool_]:
    """Return which pixels differ from one of their eight neighbours; pixels outside the frame are ignored."""
    highest = ndi.maximum_filter(labels, 3, mode="nearest")
    return np.asarray((highest != labels) | (ndi.minimum_filter(labels, 3, mode="nearest") != labels))
