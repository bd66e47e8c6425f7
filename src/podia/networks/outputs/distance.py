"""Head ``distance``: foreground, cell distance map and neighbour distance map."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from podia.data.movie import LabelImage
from podia.labels.distances import depth_inside, distances_to_two_nearest
from podia.labels.foreground import close_gaps
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

_NEIGHBOUR_POWER = 3
"""Exponent that makes the neighbour distance map fall steeply at first (Scherr et al. 2020)."""


class DistanceDecode(CellDecodeConfig):
    """Decode settings."""

    head: Literal["distance"] = "distance"
    threshold: float = Field(
        0.5, gt=0, lt=1, description="Probability above which a pixel is part of a cell."
    )
    closing_radius_px: float = Field(
        0.0, ge=0, description="Radius of the disc that closes gaps in the foreground, px."
    )
    seed_threshold: float = Field(
        0.3,
        ge=-1,
        lt=1,
        description="Cell distance minus neighbour distance above which a pixel is in a seed.",
    )
    seed_smoothing_px: float = Field(
        0.0, ge=0, description="Standard deviation of the smoothing before the seed threshold, px."
    )
    min_seed_area_px: int = Field(
        5, ge=1, description="Minimum seed area, px; smaller seeds count only where there is no larger one."
    )
    min_pass_depth: float = Field(
        0.5,
        ge=0,
        le=2,
        description="Merge two cells if cell distance minus neighbour distance falls by no more than this between "
        "them: a narrow neck is not a border.",
    )


class DistanceTarget(PartialTargetConfig):
    """Target settings."""

    head: Literal["distance"] = "distance"
    neighbour_reach_px: float = Field(
        10.0, gt=1, description="Minimum gap between two cells at which the neighbour distance map is 0, px."
    )


class Distance(Output[DistanceDecode, DistanceTarget]):
    """Foreground, distance from the outline relative to the cell's maximum, and closeness of the next cell."""

    name: Literal["distance"] = "distance"
    channels: ClassVar[tuple[str, ...]] = ("cell", "cell_distance", "neighbour_distance")
    losses: ClassVar[tuple[str, ...]] = ("distance_regression",)
    meaning: ClassVar[str] = (
        "Probability of a cell; the cell distance map (distance to the outline over the cell's largest); the neighbour "
        "distance map (closeness of the next cell). Both maps are regressed in 0..1."
    )

    decode_config = DistanceDecode
    target_config = DistanceTarget

    def activate(self, logits: Tensor) -> Tensor:
        """Return the sigmoid of the first channel and the others clamped to 0..1."""
        import torch

        maps = logits[..., 1:, :, :].clamp(0.0, 1.0)
        return torch.cat((logits[..., :1, :, :].sigmoid(), maps), dim=-3)

    def draw_target(self, labels: LabelImage, config: DistanceTarget, kind: AnnotationType) -> Channels:
        """Return cell 0/1, cell distance and neighbour distance 0..1."""
        cell = (labels > 0).astype(np.float32)
        return [cell, depth_inside(labels, relative=True), _closeness(labels, config.neighbour_reach_px)]

    def ignore_instances(
        self, channels: Channels, labels: LabelImage, config: DistanceTarget, kind: AnnotationType
    ) -> None:
        """Ignore both distance maps everywhere."""
        del labels, config, kind
        for channel in channels[1:]:
            channel[:] = -1.0

    def cells(self, prediction: Prediction, config: DistanceDecode) -> LabelImage:
        """Return cells flooded from seeds deep inside a cell and far from others (after Scherr et al. 2020)."""
        cell, distance, neighbour = prediction
        foreground = close_gaps(cell > config.threshold, config.closing_radius_px)
        height = smooth(distance - neighbour, config.seed_smoothing_px)
        return config.clean(
            flood_cells(
                foreground,
                height > config.seed_threshold,
                height,
                min_seed_area_px=config.min_seed_area_px,
                min_pass_depth=config.min_pass_depth,
            )
        )

    def confidence(self, prediction: Prediction, labels: LabelImage) -> NDArray[np.float32]:
        """Return the probability of a cell times the agreement of the cell distance map with that of `labels`."""
        agreement = 1 - np.abs(prediction[1] - depth_inside(labels, relative=True))
        return np.asarray(self.foreground(prediction) * agreement, dtype=np.float32)

    def explain_decoding(self, config: DistanceDecode) -> str:
        """Describe the decoding."""
        return (
            "Regions where `cell_distance` minus `neighbour_distance` exceeds the seed threshold are the insides of "
            "cells; a watershed grows them over all pixels whose `cell` exceeds the threshold."
        )


def _closeness(labels: LabelImage, reach_px: float) -> NDArray[np.float32]:
    """Return the closeness of the second nearest cell: 1 where two cells touch, 0 for gaps of `reach_px` or more.

    After the neighbour distances of Scherr et al. 2020, PLoS ONE 15, e0243219: inside a cell it falls with the distance
    to the next cell. Here it uses the sum of the distances to the two nearest cells (Ronneberger et al. 2015), so that
    the background between two cells has the same value as the adjacent cell edges.
    """
    first, second = distances_to_two_nearest(labels, reach_px + 1.0)
    closeness = np.clip(1.0 - (first + second - 1.0) / np.float32(reach_px), 0.0, 1.0)
    return np.asarray(closeness**_NEIGHBOUR_POWER, dtype=np.float32)
