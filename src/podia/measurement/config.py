"""Settings of measurement."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.length import Length, PositiveLength
from podia.measurement.edge.config import EdgeConfig


class ProtrusionConfig(FrozenConfig):
    """Criteria for protrusion tips, and measurement of their length.

    Lengths in pixels, used if the pixel size is unknown, correspond to those in micrometres at the 0.802 um per pixel
    of Gómez-de-Mariscal et al. 2021.
    """

    basic_settings = ("min_length", "min_length_beyond_body")

    min_length: Length = Field(
        default=Length(um=20, px=25),
        description="Minimum length of a protrusion, along the shortest path from the body centre to the tip.",
    )
    min_length_beyond_body: Length = Field(
        default=Length(um=5, px=6), description="Minimum length of a protrusion outside the body circle."
    )
    min_slenderness: float = Field(
        default=1.5,
        ge=1,
        description=(
            "Minimum ratio of the distance to the tip to the distance to the outline along a skeleton branch; "
            "a right-angled corner has 1.41, a corner of 60 degrees 2."
        ),
    )
    min_spur_px: float = Field(
        default=3.0,
        ge=0,
        description="Minimum height of a skeleton branch above the inscribed disc at its base (px).",
    )
    min_piece_share: float = Field(
        default=0.005,
        ge=0,
        le=1,
        description="Minimum area of a separate piece of a cell, as a fraction of its largest piece.",
    )
    geodesic: Literal["euclidean", "chamfer"] = Field(
        default="euclidean",
        description=(
            "Path length: euclidean, exact in every direction, or chamfer, steps of 1 and sqrt 2 between pixels "
            "(Gómez-de-Mariscal et al. 2021), up to 8 % too long."
        ),
    )


class TipLinkingConfig(FrozenConfig):
    """Linking of protrusion tips from frame to frame."""

    max_distance: PositiveLength = Field(
        default=Length(um=15, px=19),
        description="Maximum displacement of a tip between frames, relative to the cell's centroid.",
    )
    max_gap_frames: int = Field(
        default=1,
        ge=0,
        description="Maximum number of consecutive frames in which a protrusion may be missing.",
    )

    min_growth: Length = Field(
        default=Length(um=3, px=4),
        description="Minimum change of length that counts as extension or retraction; less is rest.",
    )
    heading_window_frames: int = Field(
        default=2,
        ge=1,
        description="Frames before and after over which the direction of migration is measured.",
    )
    min_heading: Length = Field(
        default=Length(um=2, px=2.5),
        description="Minimum displacement of a cell over that window for it to have a direction.",
    )


class ShapeConfig(FrozenConfig):
    """Clustering of cell shapes."""

    n_clusters: int = Field(default=4, ge=2, le=12, description="Number of shape clusters.")


class MeasurementConfig(FrozenConfig):
    """Settings of the measurement of cells, protrusions and motion."""

    protrusions: ProtrusionConfig = Field(
        default=ProtrusionConfig(), description="Detection and length of protrusions."
    )
    tip_linking: TipLinkingConfig = Field(
        default=TipLinkingConfig(), description="Linking of protrusion tips."
    )
    edge: EdgeConfig = Field(default=EdgeConfig(), description="Tracking of the cell edge.")
    shapes: ShapeConfig = Field(default=ShapeConfig(), description="Shape clusters.")
    point_border: Length = Field(
        default=Length(um=10, px=12.5),
        description="Positions only: a cell closer than this to the frame edge counts as touching it.",
    )
