"""Head ``cells_and_spots``: foreground and Gaussian spots on cell centres, trained on masks and points together."""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field
from scipy import ndimage as ndi

from podia.data.movie import LabelImage
from podia.labels.cleaning import fill_cell_holes
from podia.labels.discs import draw_discs
from podia.labels.foreground import EIGHT_NEIGHBOURS, close_gaps
from podia.labels.watershed import flood_from_seeds
from podia.networks.outputs.base import AnnotationType, CellDecodeConfig, Channels, Prediction
from podia.networks.outputs.spots import SpotDecode, SpotOutput, SpotTarget


class CellsAndSpotsDecode(SpotDecode, CellDecodeConfig):
    """Decode settings."""

    head: Literal["cells_and_spots"] = "cells_and_spots"
    threshold: float = Field(
        0.5, gt=0, lt=1, description="Probability above which a pixel is part of a cell."
    )
    closing_radius_px: float = Field(
        0.0, ge=0, description="Radius of the disc that closes gaps in the foreground, px."
    )


class CellsAndSpotsTarget(SpotTarget):
    """Target settings."""

    head: Literal["cells_and_spots"] = "cells_and_spots"


class CellsAndSpots(SpotOutput[CellsAndSpotsDecode, CellsAndSpotsTarget]):
    """Foreground for outlines and spots to separate cells; each is trained where its annotation exists."""

    name: Literal["cells_and_spots"] = "cells_and_spots"
    channels: ClassVar[tuple[str, ...]] = ("cell", "spot")
    losses: ClassVar[tuple[str, ...]] = ("cells_and_spots",)
    meaning: ClassVar[str] = (
        "Probability of a cell, and Gaussian spots on cell centres, regressed: learns from masks and points together."
    )

    decode_config = CellsAndSpotsDecode
    target_config = CellsAndSpotsTarget

    def draw_target(self, labels: LabelImage, config: CellsAndSpotsTarget, kind: AnnotationType) -> Channels:
        """Return cell 0/1 and spots 0..1."""
        return [(labels > 0).astype(np.float32), config.draw_spots(labels, kind)]

    def target_reach_px(self, config: CellsAndSpotsTarget, kind: AnnotationType) -> float:
        """Return the radius to which a spot is drawn, px."""
        return config.reach_px(kind)

    def ignore_outlines(self, channels: Channels) -> None:
        """Ignore the foreground, but not the spots."""
        channels[0][:] = -1.0

    def cells(self, prediction: Prediction, config: CellsAndSpotsDecode) -> LabelImage:
        """Return cells flooded from spots over the foreground; a region without a spot is one cell.

        A spot on background stands for a cell that the foreground misses, and becomes a disc, regardless of size
        limits.
        """
        foreground = close_gaps(prediction[0] > config.threshold, config.closing_radius_px)
        spots = self.find_spots(prediction, config)
        seeds = draw_discs(spots[:, :2], foreground.shape, config.spot_radius_px)
        cells = flood_from_seeds(foreground | (seeds > 0), seeds, self.heights(prediction))
        without_spot, _ = ndi.label(foreground & (cells == 0), EIGHT_NEIGHBOURS)
        labels = np.where(without_spot > 0, without_spot + cells.max(), cells).astype(np.int32)
        labels = fill_cell_holes(labels, config.max_hole_area_px)
        missed = (labels > 0) & np.isin(labels, labels[foreground], invert=True)
        seen = config.keep(np.where(missed, 0, labels))
        return config.keep_in_field(np.where(missed, labels + seen.max(), seen))

    def explain_decoding(self, config: CellsAndSpotsDecode) -> str:
        """Describe the decoding."""
        return (
            f"{config.explain_spots()} is a cell; a watershed grows them over all pixels whose `cell` exceeds the "
            "threshold."
        )
