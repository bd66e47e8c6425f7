"""Head ``spots``: Gaussian spots on cell centres; and the base classes of all heads with spots."""

from __future__ import annotations

from math import ceil, floor
from typing import ClassVar, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage as ndi

from podia.data.calibration import Calibration
from podia.data.length import Length, PositiveLength
from podia.data.movie import LabelImage
from podia.labels.discs import draw_discs
from podia.labels.spot_detection import find_spots
from podia.networks.outputs.base import (
    AnnotationType,
    Channels,
    DecodeConfig,
    Output,
    PartialTargetConfig,
    Prediction,
    T,
)


class SpotDecode(DecodeConfig):
    """Decode settings of all heads with spots."""

    spot_radius_px: float = Field(
        2.0,
        ge=0,
        le=20,
        description="Radius of the disc drawn for a cell, px; in pixels of the movie if the network predicts "
        "positions only.",
    )
    spot_method: Literal["maxima", "moments"] = Field(
        "maxima",
        description="maxima: every local maximum above the threshold, with sub-pixel position; moments: centre of mass "
        "of every region above it.",
    )
    spot_threshold: float = Field(0.5, gt=0, lt=1, description="Height above which a spot is a cell.")
    spot_distance_px: float | None = Field(
        None,
        ge=1,
        description="maxima: minimum distance between two spots, px; null: twice the disc's radius plus one.",
    )

    def find_spots(self, heights: NDArray[np.float32]) -> NDArray[np.float64]:
        """Detect spots in `heights` ``(Y, X)``: ``(N, 3)`` of y, x in px and height."""
        distance_px = self.spot_distance_px
        return find_spots(
            heights,
            threshold=self.spot_threshold,
            method=self.spot_method,
            distance_px=2 * int(self.spot_radius_px) + 1 if distance_px is None else distance_px,
        )

    def draw_positions(self, positions: NDArray[np.float64], frame_shape: tuple[int, int]) -> LabelImage:
        """Draw a small disc on each of `positions` ``(N, 2)``, except those too close to the frame's edge.

        All settings in px are in pixels of `frame_shape`.
        """
        return self.keep_in_field(draw_discs(positions, frame_shape, self.spot_radius_px))

    def explain_spots(self) -> str:
        """Describe the spots that count, as the subject of a sentence."""
        if self.spot_method == "moments":
            return "The centre of mass of each region where `spot` exceeds the threshold"
        return "Each local maximum of `spot` above the threshold, with no higher one nearby,"


S = TypeVar("S", bound=SpotDecode)


class SpotOutput(Output[S, T]):
    """Base class of heads with a channel ``spot``."""

    learns_from_points = True

    def heights(self, prediction: Prediction) -> NDArray[np.float32]:
        """Return the channel of the spots, ``(Y, X)``."""
        heights: NDArray[np.float32] = prediction[self.channels.index("spot")]
        return heights

    def find_spots(self, prediction: Prediction, config: S | None = None) -> NDArray[np.float64]:
        """Detect positions in a prediction ``(K, Y, X)``: ``(N, 3)`` of y, x in px and height."""
        return (config or self.default_decoding()).find_spots(self.heights(prediction))


class SpotTarget(PartialTargetConfig):
    """Target settings of heads with Gaussian spots."""

    spot_sigma: PositiveLength = Field(
        default=Length(px=3), description="Standard deviation of the spots, such as 3 px or 4 um."
    )

    def sigma_in_px(self, kind: AnnotationType) -> float:
        """Return the standard deviation of the spots in pixels."""
        return self.spot_sigma.in_px(Calibration(pixel_size_um=kind.pixel_size_um))

    def reach_px(self, kind: AnnotationType) -> float:
        """Return the radius to which a spot is drawn, px."""
        return 4.0 * self.sigma_in_px(kind)

    def draw_spots(self, labels: LabelImage, kind: AnnotationType) -> NDArray[np.float32]:
        """Draw Gaussian spots of height 1 on the cells' centroids; where spots overlap, the maximum counts."""
        sigma_px, reach = self.sigma_in_px(kind), self.reach_px(kind)
        spots = np.zeros(labels.shape, np.float32)
        for y, x in centroids(labels, kind):
            rows, columns = (slice(max(ceil(c - reach), 0), floor(c + reach) + 1) for c in (y, x))
            area = spots[rows, columns]
            dy = np.arange(rows.start, rows.start + area.shape[0])[:, None] - y
            dx = np.arange(columns.start, columns.start + area.shape[1])[None, :] - x
            np.maximum(area, np.exp(-(dy**2 + dx**2) / (2.0 * sigma_px**2)), out=area, casting="same_kind")
        return spots


class SpotsDecode(SpotDecode):
    """Decode settings."""

    head: Literal["spots"] = "spots"


class SpotsTarget(SpotTarget):
    """Target settings."""

    head: Literal["spots"] = "spots"


class Spots(SpotOutput[SpotsDecode, SpotsTarget]):
    """Gaussian spots on cell centres: positions of cells without outlines, trained on points."""

    name: Literal["spots"] = "spots"
    channels: ClassVar[tuple[str, ...]] = ("spot",)
    losses: ClassVar[tuple[str, ...]] = ("spot_regression",)
    meaning: ClassVar[str] = "Gaussian spots on cell centres, regressed in 0..1."

    decode_config = SpotsDecode
    target_config = SpotsTarget
    positions_only = True

    def draw_target(self, labels: LabelImage, config: SpotsTarget, kind: AnnotationType) -> Channels:
        """Return the spots, 0..1."""
        return [config.draw_spots(labels, kind)]

    def target_reach_px(self, config: SpotsTarget, kind: AnnotationType) -> float:
        """Return the radius to which a spot is drawn, px."""
        return config.reach_px(kind)

    def ignore_outlines(self, channels: Channels) -> None:
        """Ignore nothing: centres are sufficient."""

    def cells(self, prediction: Prediction, config: SpotsDecode) -> LabelImage:
        """Return a disc on each spot."""
        return config.draw_positions(self.find_spots(prediction, config)[:, :2], prediction.shape[1:])

    def explain_decoding(self, config: SpotsDecode) -> str:
        """Describe the decoding."""
        return f"{config.explain_spots()} is a cell."


def centroids(labels: LabelImage, kind: AnnotationType) -> NDArray[np.float64]:
    """Return the cells' centroids ``(N, 2)`` in px, by ascending label; none without instance labels."""
    cells = np.unique(labels[labels > 0]) if kind.instances else np.empty(0)
    return np.array(ndi.center_of_mass(labels > 0, labels, cells) if cells.size else []).reshape(-1, 2)
