"""Head ``center_classification``: probability of a cell centre at each pixel."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field

from podia.data.movie import LabelImage
from podia.labels.discs import near_points
from podia.networks.outputs.base import AnnotationType, Channels, Prediction, TargetConfig
from podia.networks.outputs.spots import SpotDecode, SpotOutput, centroids


class CenterClassificationDecode(SpotDecode):
    """Decode settings."""

    head: Literal["center_classification"] = "center_classification"


class CenterClassificationTarget(TargetConfig):
    """Target settings."""

    head: Literal["center_classification"] = "center_classification"
    presence_radius_px: float = Field(
        4.0, gt=0, description="Distance from a centre up to which a window contains the cell, px."
    )
    absence_radius_px: float = Field(
        25.0,
        gt=0,
        description="Distance from all centres beyond which a window contains no cell, px; pixels in between are "
        "ignored.",
    )


class CenterClassification(SpotOutput[CenterClassificationDecode, CenterClassificationTarget]):
    """Probability that the window around a pixel is centred on a cell, for sliding-window classifiers."""

    name: Literal["center_classification"] = "center_classification"
    channels: ClassVar[tuple[str, ...]] = ("spot",)
    losses: ClassVar[tuple[str, ...]] = ("binary_cross_entropy",)
    meaning: ClassVar[str] = "Probability of a cell centre at this pixel."

    decode_config = CenterClassificationDecode
    target_config = CenterClassificationTarget
    positions_only = True
    common_channels = False

    def draw_target(
        self, labels: LabelImage, config: CenterClassificationTarget, kind: AnnotationType
    ) -> Channels:
        """Return 1 near the cells' centroids, 0 far from all of them, and -1 in between."""
        points = centroids(labels, kind)
        absent = ~near_points(points, labels.shape, config.absence_radius_px)
        present = near_points(points, labels.shape, config.presence_radius_px)
        return [np.where(present, 1.0, np.where(absent, 0.0, -1.0)).astype(np.float32)]

    def target_reach_px(self, config: CenterClassificationTarget, kind: AnnotationType) -> float:
        """Return the reach of a cell's target from its centre, px."""
        return config.absence_radius_px

    def ignore_outlines(self, channels: Channels) -> None:
        """Ignore nothing: centres are sufficient."""

    def cells(self, prediction: Prediction, config: CenterClassificationDecode) -> LabelImage:
        """Return a disc on each spot."""
        return config.draw_positions(self.find_spots(prediction, config)[:, :2], prediction.shape[1:])

    def explain_decoding(self, config: CenterClassificationDecode) -> str:
        """Describe the decoding."""
        return f"{config.explain_spots()} is a cell."
