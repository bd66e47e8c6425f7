"""What can be set about measuring."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.calibration import Calibration
from podia.data.config import FrozenConfig
from podia.measurement.edge.config import EdgeConfig


class ProtrusionConfig(FrozenConfig):
    """Which skeleton ends count as protrusion tips, and how their length is measured.

    Lengths in micrometres hold in calibrated movies; their twins in pixels only where the pixel size is
    unknown (they are the same lengths at the 0.802 um/px of S0).
    """

    min_length_um: float = Field(
        default=20.0,
        ge=0,
        description="Shortest path from the body centre to a tip that counts (S0, section 4).",
    )
    min_length_px: float = Field(default=25.0, ge=0, description="The same where the pixel size is unknown.")
    min_length_beyond_body_um: float = Field(
        default=5.0,
        ge=0,
        description="Least length of a protrusion outside the body circle (what annotators accept: S0, section 4).",
    )
    min_length_beyond_body_px: float = Field(
        default=6.0, ge=0, description="The same where the pixel size is unknown."
    )
    min_slenderness: float = Field(
        default=1.5,
        ge=1,
        description=(
            "Distance to the tip over distance to the outline that a skeleton branch must reach somewhere; "
            "a right-angled corner has 1.41, one of 60 degrees 2."
        ),
    )
    min_spur_px: float = Field(
        default=3.0,
        ge=0,
        description="Skeleton branches that rise less above the disc at their foot are noise of the pixel grid.",
    )
    min_piece_share: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="Pieces of a cell below this share of its largest piece are specks and are not joined to it.",
    )
    geodesic: Literal["euclidean", "chamfer"] = Field(
        default="euclidean",
        description=(
            "Length of a path: exact in every direction, or S0's steps of 1 and sqrt 2 between pixels, "
            "which come out up to 8 % too long."
        ),
    )

    def min_length_in_px(self, calibration: Calibration) -> float:
        """Return the least length from the body centre in pixels."""
        return _in_px(self.min_length_um, self.min_length_px, calibration)

    def min_length_beyond_body_in_px(self, calibration: Calibration) -> float:
        """Return the least length beyond the body circle in pixels."""
        return _in_px(self.min_length_beyond_body_um, self.min_length_beyond_body_px, calibration)


class TipLinkingConfig(FrozenConfig):
    """When tips of a cell in different frames are the same protrusion."""

    max_distance_um: float = Field(
        default=15.0,
        gt=0,
        description="Farthest that a tip moves against the cell's centroid from frame to frame.",
    )
    max_distance_px: float = Field(
        default=19.0, gt=0, description="The same where the pixel size is unknown."
    )
    max_gap_frames: int = Field(
        default=1,
        ge=0,
        description="Frames in a row in which a protrusion may be missed and still be the same.",
    )

    min_growth_um: float = Field(
        default=3.0,
        ge=0,
        description="Growth or shrinking of a length by less, in one go, counts as rest.",
    )
    min_growth_px: float = Field(default=4.0, ge=0, description="The same where the pixel size is unknown.")
    heading_window_frames: int = Field(
        default=2,
        ge=1,
        description="Frames before and after over which a cell's direction is taken, for leading and trailing.",
    )
    min_heading_um: float = Field(
        default=2.0, ge=0, description="A cell that gets less far over that window has no direction."
    )
    min_heading_px: float = Field(default=2.5, ge=0, description="The same where the pixel size is unknown.")

    def max_distance_in_px(self, calibration: Calibration) -> float:
        """Return the farthest distance of a link in pixels."""
        return _in_px(self.max_distance_um, self.max_distance_px, calibration)

    def min_growth_in_px(self, calibration: Calibration) -> float:
        """Return the least growth that is no rest in pixels."""
        return _in_px(self.min_growth_um, self.min_growth_px, calibration)

    def min_heading_in_px(self, calibration: Calibration) -> float:
        """Return the least displacement that gives a direction in pixels."""
        return _in_px(self.min_heading_um, self.min_heading_px, calibration)


class ShapeConfig(FrozenConfig):
    """How the shapes of a movie's cells are told apart."""

    n_clusters: int = Field(
        default=4, ge=2, le=12, description="Groups of alike outlines that cells are counted in."
    )


class MeasurementConfig(FrozenConfig):
    """What can be set about measuring cells, protrusions and motion."""

    protrusions: ProtrusionConfig = Field(
        default=ProtrusionConfig(), description="Which protrusion tips count, and how they are measured."
    )
    tip_linking: TipLinkingConfig = Field(
        default=TipLinkingConfig(), description="How tips are followed from frame to frame."
    )
    edge: EdgeConfig = Field(default=EdgeConfig(), description="How the edge of cells is followed.")
    shapes: ShapeConfig = Field(default=ShapeConfig(), description="How outlines are told apart.")
    point_border_um: float = Field(
        default=10.0,
        ge=0,
        description="Where only positions are known: a cell nearer to the frame's edge counts as touching it.",
    )
    point_border_px: float = Field(
        default=12.5, ge=0, description="The same where the pixel size is unknown."
    )

    def point_border_in_px(self, calibration: Calibration) -> float:
        """Return that distance from the frame's edge in pixels."""
        return _in_px(self.point_border_um, self.point_border_px, calibration)


def _in_px(length_um: float, length_px: float, calibration: Calibration) -> float:
    if calibration.pixel_size_um is None:
        return length_px
    return length_um / calibration.pixel_size_um
