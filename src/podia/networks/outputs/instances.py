"""Head ``instances``: cells found by an instance detector."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from podia.data.movie import LabelImage
from podia.labels.cleaning import keep_largest_pieces
from podia.networks.outputs.base import (
    AnnotationType,
    CellDecodeConfig,
    Channels,
    Output,
    Prediction,
    TargetConfig,
)

if TYPE_CHECKING:
    from torch import Tensor


class InstancesDecode(CellDecodeConfig):
    """Decode settings."""

    head: Literal["instances"] = "instances"
    threshold: float = Field(0.5, gt=0, lt=1, description="Score above which a detection is a cell.")


class InstancesTarget(TargetConfig):
    """Target settings."""

    head: Literal["instances"] = "instances"


class Instances(Output[InstancesDecode, InstancesTarget]):
    """Label image and score of each cell, from an instance detector such as Mask R-CNN."""

    name: Literal["instances"] = "instances"
    channels: ClassVar[tuple[str, ...]] = ("instance", "score")
    losses: ClassVar[tuple[str, ...]] = ("binary_cross_entropy", "focal", "shape_aware")
    meaning: ClassVar[str] = (
        "Number of the cell that a pixel belongs to, 0 for none, and the score of that cell, 0..1."
    )

    decode_config = InstancesDecode
    target_config = InstancesTarget
    per_pixel = False
    common_channels = False

    def activate(self, logits: Tensor) -> Tensor:
        """Return `logits` unchanged."""
        return logits

    def draw_target(self, labels: LabelImage, config: InstancesTarget, kind: AnnotationType) -> Channels:
        """Return the labels themselves, exact up to 16 million."""
        return [labels.astype(np.float32)]

    def cells(self, prediction: Prediction, config: InstancesDecode) -> LabelImage:
        """Return the largest piece of each detected cell."""
        instance, score = prediction
        labels = np.where(score > config.threshold, np.rint(instance), 0).astype(np.int32)
        return config.clean(keep_largest_pieces(labels))

    def foreground(self, prediction: Prediction) -> NDArray[np.float32]:
        """Return the score of the cell at each pixel ``(Y, X)``."""
        return np.asarray(prediction[1])

    def explain_decoding(self, config: InstancesDecode) -> str:
        """Describe the decoding."""
        return "Each number in `instance` whose `score` exceeds the threshold is a cell."
