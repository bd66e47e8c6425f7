"""What can be set about measuring."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.length import Length, PositiveLength
from podia.measurement.edge.config import EdgeConfig


class ProtrusionConfig(FrozenConfig):
    """Which skeleton ends count as protrusion tips, and how their length is measured.

    Lengths in pixels, which count where the pixel size is unknown, are those in micrometres at the 0.802 um per pixel
    of Gómez-de-Mariscal et al. 2021.
    """

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


class TipLinkingConfig(FrozenConfig):
    """When tips of a cell in different frames are the same protrusion."""

    max_distance: PositiveLength = Field(
        default=Length(um=15, px=19),
        description="Maximum displacement of a tip between frames, relative to the cell's centroid.",
    )
    max_gap_frames: int = Field(
        default=1,
        ge=0,
        description="Frames in a row in which a protrusion may be missed and still be the same.",
    )

    min_growth: Length = Field(
        default=Length(um=3, px=4),
        description="Minimum change of length that counts as extension or retraction; less is rest.",
    )
    heading_window_frames: int = Field(
        default=2,
        ge=1,
        description="Frames before and after over which a cell's direction is taken, for leading and trailing.",
    )
    min_heading: Length = Field(
        default=Length(um=2, px=2.5),
        description="Minimum displacement of a cell over that window for it to have a direction.",
    )


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
    point_border: Length = Field(
        default=Length(um=10, px=12.5),
        description="Positions only: a cell closer than this to the frame edge counts as touching it.",
    )
