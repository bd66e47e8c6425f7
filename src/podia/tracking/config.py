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
        default=True, description="Resolve contacts. Masks given with --labels are never changed."
    )
    cut: bool = Field(default=True, description="Split regions that contain several cells.")
    join: bool = Field(default=True, description="Merge pieces of one cell.")
    max_frames: int = Field(
        default=100,
        ge=1,
        description="Maximum duration of a contact to resolve, in frames. Its frames are kept in memory.",
    )
    min_cut_margin: float = Field(
        default=1.5,
        ge=0,
        description="Minimum log likelihood ratio (natural logarithm) for splitting a region into several cells.",
    )
    min_join_margin: float = Field(
        default=1.5, ge=0, description="Minimum log likelihood ratio for merging pieces of one cell."
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
        description="Linking method: likelihood, given the motion, sizes and divisions in the movie, or distance, by "
        "distance and overlap (linear assignment of Jaqaman et al. 2008).",
    )
    contact: ContactConfig = Field(default=ContactConfig(), description="Cells that touch.")
    overlap_gain: float = Field(
        default=2.0,
        ge=0,
        description=(
            "Method likelihood: log likelihood ratio of a link with full overlap (IoU 1) to one without "
            "overlap."
        ),
    )
    division_gain: float = Field(
        default=1.0,
        description=(
            "Method likelihood: log likelihood added to every division. Larger values find more divisions."
        ),
    )
    division_spread: float = Field(
        default=0.16,
        gt=0,
        description="Method likelihood: typical distance of the mother from the midpoint of her daughters, relative "
        "to the distance between them.",
    )
    max_distance: PositiveLength | None = Field(
        default=None,
        description="Maximum displacement of a cell's centre between frames. Default: estimated from the movie, as "
        "the smaller of max_distance_spacings and max_distance_diameters.",
    )
    max_distance_spacings: float = Field(
        default=0.8,
        gt=0,
        description="Maximum displacement in median nearest-neighbour distances. Above 1, links to neighbours become "
        "likely.",
    )
    max_distance_diameters: float = Field(
        default=3.0,
        gt=0,
        description="Maximum displacement in median cell diameters, which is the limit for sparse cells.",
    )
    point_diameter: PositiveLength = Field(
        default=Length(um=20, px=25),
        description="Positions only: assumed cell diameter, reduced where neighbours are closer.",
    )
    overlap_weight: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="Weight of mask overlap (IoU) in the cost of a link; the rest is the weight of distance.",
    )
    size_weight: float = Field(
        default=0.2,
        ge=0,
        description=(
            "Weight of a change of area in the cost of a link: multiplies the squared log ratio of "
            "areas, at most 1."
        ),
    )
    gap_max_frames: int = Field(
        default=5,
        ge=0,
        description="Maximum number of consecutive frames in which a cell may be missing; 0 closes no gaps.",
    )
    gap_distance_factor: float = Field(
        default=1.0,
        gt=0,
        description="Maximum displacement across a gap, relative to that between two frames.",
    )
    divisions: bool = Field(default=True, description="Detect divisions.")
    division_distance_factor: float = Field(
        default=1.0,
        gt=0,
        description=(
            "Maximum distance from parent to daughter, relative to the maximum displacement between two "
            "frames."
        ),
    )
    division_max_asymmetry: float = Field(
        default=0.55,
        gt=0,
        description=(
            "Maximum distance from the parent to the midpoint of its daughters, relative to the distance "
            "between them; 0.5 if one daughter is at the parent's position."
        ),
    )
    division_min_size_ratio: float = Field(
        default=0.35,
        ge=0,
        le=1,
        description="Minimum area of the smaller daughter, relative to the larger one.",
    )
    division_min_area_ratio: float = Field(
        default=0.5, ge=0, description="Minimum total area of the daughters, relative to the parent."
    )
    division_max_area_ratio: float = Field(
        default=3.0,
        gt=0,
        description=(
            "Maximum total area of the daughters, relative to the parent: a dividing cell rounds up, and "
            "its daughters spread."
        ),
    )
    division_min_solidity: float = Field(
        default=0.88,
        ge=0,
        le=1,
        description=(
            "Minimum solidity (area divided by that of the convex hull) of the parent in one of its last "
            "three frames: dividing cells are round, fused masks of touching cells are not."
        ),
    )
    division_min_daughter_frames: int = Field(
        default=2,
        ge=1,
        description=(
            "Minimum number of frames of a daughter, unless the movie ends; debris and broken masks last "
            "one frame."
        ),
    )
    division_border_penalty: float = Field(
        default=2.0,
        ge=1,
        description=(
            "Factor of the cost of divisions at the edge of the frame, where new cells also enter; 1 for "
            "no penalty."
        ),
    )
    merges: bool = Field(
        default=False,
        description="Allow tracks to merge, e.g. if masks of touching cells fuse.",
    )
    min_track_frames: int = Field(
        default=1, ge=1, description="Remove tracks with fewer frames, unless the movie is shorter."
    )
