"""Head ``binary``: cells against background."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage as ndi

from podia.data.length import Length
from podia.data.movie import LabelImage
from podia.labels.instances import InstanceConfig, find_instances
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


class BinaryDecode(CellDecodeConfig):
    """Decode settings: threshold, closing, holes, small objects, and optional cutting at necks."""

    head: Literal["binary"] = "binary"
    threshold: float = Field(
        0.5, gt=0, lt=1, description="Probability above which a pixel is part of a cell."
    )
    closing_radius_px: float = Field(
        0.0, ge=0, description="Radius of the disc that closes gaps in the foreground, px."
    )
    split_depth_px: float | None = Field(
        None,
        ge=0,
        description="Cut cells at necks that are narrower than both sides by more than this, px; null cuts none.",
    )
    split_smoothing_px: float = Field(
        2.0, ge=0, description="Smoothing of the distance transform before cutting at necks, px."
    )


class BinaryTarget(PartialTargetConfig):
    """Target settings."""

    head: Literal["binary"] = "binary"
    gap_px: int = Field(
        0,
        ge=0,
        le=5,
        description="Width of the background drawn into each of two touching cells, px (Ronneberger et al. 2015 train "
        "with such gaps).",
    )


class Binary(Output[BinaryDecode, BinaryTarget]):
    """Cells against background, as one probability or as two classes; every 8-connected region is a cell."""

    name: Literal["binary"] = "binary"
    softmax: bool = Field(
        False, description="Predict two classes with a softmax, instead of one probability."
    )

    decode_config = BinaryDecode
    target_config = BinaryTarget
    needs_instances = False

    @property
    def channels(self) -> tuple[str, ...]:
        """``cell``, after ``background`` with softmax."""
        return ("background", "cell") if self.softmax else ("cell",)

    @property
    def losses(self) -> tuple[str, ...]:
        """Names of losses for classes."""
        first = ("cross_entropy",) if self.softmax else ("weighted_bce_dice", "binary_cross_entropy")
        others = ("dice", "weighted_bce_dice", "focal", "shape_aware", "distance_weighted")
        return (*first, *(name for name in others if name not in first))

    @property
    def meaning(self) -> str:
        """Description of the channels, in one sentence."""
        return "Two classes, background and cell." if self.softmax else "Probability of a cell."

    @property
    def common_channels(self) -> bool:  # type: ignore[override]  # a class attribute in the base
        """Whether the channel is the log odds of a cell, as in other heads; false with softmax."""
        return not self.softmax

    def activate(self, logits: Tensor) -> Tensor:
        """Return the softmax or sigmoid of `logits`."""
        return logits.softmax(dim=-3) if self.softmax else logits.sigmoid()

    def draw_target(self, labels: LabelImage, config: BinaryTarget, kind: AnnotationType) -> Channels:
        """Return 0 on background and 1 on cells."""
        return [(_open_gaps(labels, config.gap_px) > 0).astype(np.float32)]

    def ignore_instances(
        self, channels: Channels, labels: LabelImage, config: BinaryTarget, kind: AnnotationType
    ) -> None:
        """Ignore nothing: cells need not be separated."""

    def cells(self, prediction: Prediction, config: BinaryDecode) -> LabelImage:
        """Return the 8-connected regions above the threshold, closed, filled, and cut at necks if set."""
        probability = prediction[-1]
        # Without a pixel size, areas are in pixels.
        instances = InstanceConfig(
            closing_radius=Length(px=config.closing_radius_px),
            max_hole_area_um2=config.max_hole_area_px,
            min_area_um2=config.min_area_px,
            split="none" if config.split_depth_px is None else "distance",
            split_smoothing=Length(px=config.split_smoothing_px),
            split_depth=Length(px=config.split_depth_px or 0.0),
        )
        return config.keep(find_instances(probability > config.threshold, probability, instances))

    def foreground(self, prediction: Prediction) -> NDArray[np.float32]:
        """Return the probability of a cell ``(Y, X)``."""
        return np.asarray(1 - prediction[0]) if self.softmax else np.clip(prediction[0], 0, 1)

    def explain_decoding(self, config: BinaryDecode) -> str:
        """Describe the decoding."""
        return "Pixels whose `cell` exceeds the threshold, joined to 8-connected regions."


def _open_gaps(labels: LabelImage, gap_px: int) -> LabelImage:
    """Remove the outermost `gap_px` pixels of `labels` where cells touch."""
    for _ in range(gap_px):
        # Background and unlabelled pixels must not have the lowest value, or they would count as cells.
        others = np.where(labels > 0, labels, np.iinfo(np.int32).max)
        lowest = ndi.minimum_filter(others, 3, mode="nearest")
        highest = ndi.maximum_filter(labels, 3, mode="nearest")
        labels = np.where((labels > 0) & (lowest != highest), 0, labels)
    return labels
