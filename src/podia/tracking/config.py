"""Settings of tracking."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.length import Length, PositiveLength


class ContactConfig(FrozenConfig):
    """Settings of contact resolution: fused cells are split, and pieces of one cell are merged."""

    basic_settings = ("enabled",)

    enabled: bool = Field(
        default=True, description="Whether to resolve contacts; labels from --labels are never changed."
    )
    cut: bool = Field(default=True, description="Whether regions that hold several cells are cut.")
    join: bool = Field(default=True, description="Whether pieces of one cell are joined.")
    max_frames: int = Field(
        default=100, ge=1, description="Longest contact that is resolved, in frames; it is held in memory."
    )
    min_cut_margin: float = Field(
        default=1.5,
        ge=0,
        description="How much likelier (natural logarithm) it must be that a region holds several cells, to cut it.",
    )
    min_join_margin: float = Field(
        default=1.5, ge=0, description="The same for pieces of one cell, to join them."
    )


class TrackingConfig(FrozenConfig):
    """Settings of tracking: links between frames, gap closing, and divisions.

    Without a maximum distance, the scale is estimated from the distances and sizes of the cells. Therefore the same
    settings work for every magnification, with and without calibration. The defaults were chosen on true tracks of five
    cell types (``benchmarks/tracking/tracking_on_real_markers.py``); scores are insensitive to small changes.
    """

    basic_settings = ("max_distance", "gap_max_frames", "divisions", "merges", "min_track_frames")

    method: Literal["likelihood", "distance"] = Field(
        default="likelihood",
        description="How links are chosen: by how likely they are given the movie's own motion, sizes and "
        "divisions, or by distance and overlap alone (linear assignment of Jaqaman et al. 2008).",
    )
    contact: ContactConfig = Field(default=ContactConfig(), description="Cells that touch.")
    overlap_gain: float = Field(
        default=2.0,
        ge=0,
        description="Method likelihood: logarithm of how much likelier full overlap (IoU 1) makes a link.",
    )
    division_gain: float = Field(
        default=1.0,
        description="Method likelihood: the same for every division; larger finds more of them.",
    )
    division_spread: float = Field(
        default=0.16,
        gt=0,
        description="Method likelihood: how far the middle between daughters lies from the mother, over the "
        "distance between them.",
    )
    max_distance: PositiveLength | None = Field(
        default=None,
        description="Maximum displacement of a cell's centre between frames. Default: estimated from the movie, as the "
        "smaller of max_distance_spacings and max_distance_diameters.",
    )
    max_distance_spacings: float = Field(
        default=0.8,
        gt=0,
        description="Maximum displacement in median distances to the nearest neighbour; above 1, a link to the "
        "neighbour becomes likelier.",
    )
    max_distance_diameters: float = Field(
        default=3.0,
        gt=0,
        description="Maximum displacement in median cell diameters: the limit where cells are sparse.",
    )
    point_diameter: PositiveLength = Field(
        default=Length(um=20, px=25),
        description="Positions only: assumed cell diameter, reduced where neighbours are closer.",
    )
    overlap_weight: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Share of the overlap of two masks (IoU) in the cost of a link; the rest is the distance.",
    )
    size_weight: float = Field(
        default=0.2,
        ge=0,
        description="Cost of a change of size: this times the squared logarithm of the ratio of areas, or 1 if less.",
    )
    gap_max_frames: int = Field(
        default=6,
        ge=0,
        description="Maximum number of consecutive frames in which a cell may be missing; 0 closes no gaps.",
    )
    gap_distance_factor: float = Field(
        default=1.0, gt=0, description="Farthest distance across a gap, over that between two frames."
    )
    divisions: bool = Field(default=True, description="Whether cells divide.")
    division_distance_factor: float = Field(
        default=1.0,
        gt=0,
        description="Farthest distance from parent to daughter, over that between two frames.",
    )
    division_max_asymmetry: float = Field(
        default=0.55,
        gt=0,
        description=(
            "Farthest distance from the parent to the middle between its daughters, over the distance between "
            "these; 0.5 if one daughter stays where the parent was."
        ),
    )
    division_min_size_ratio: float = Field(
        default=0.35, ge=0, le=1, description="Smallest area of the smaller daughter over that of the larger."
    )
    division_min_area_ratio: float = Field(
        default=0.5, ge=0, description="Smallest area of both daughters together over the parent's."
    )
    division_max_area_ratio: float = Field(
        default=3.0,
        gt=0,
        description="Largest such ratio; a dividing cell rounds up, and its daughters spread.",
    )
    division_min_solidity: float = Field(
        default=0.88,
        ge=0,
        le=1,
        description=(
            "Area of the parent over that of its convex hull that it reaches in one of its last three frames: "
            "dividing cells are round, masks of touching cells that fused are not."
        ),
    )
    division_min_daughter_frames: int = Field(
        default=2,
        ge=1,
        description="Frames that a daughter is seen for, unless the movie ends; debris and torn masks last one.",
    )
    division_border_penalty: float = Field(
        default=2.0,
        ge=1,
        description="How much costlier a division is at the frame's edge, where new cells also come in; 1 for not.",
    )
    merges: bool = Field(
        default=False,
        description="Whether tracks may merge, e.g. where masks of touching cells fuse.",
    )
    min_track_frames: int = Field(
        default=1, ge=1, description="Remove tracks with fewer frames, unless the movie is shorter."
    )
