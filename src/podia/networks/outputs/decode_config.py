"""Settings of the step from a network's prediction to cells."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig


class DecodeConfig(FrozenConfig):
    """How a prediction becomes cells.

    Sizes are in pixels of the network's scale: they belong to the model and travel with it.
    """

    threshold: float = Field(
        0.5,
        gt=0,
        lt=1,
        description="Probability of a cell above which a pixel is one; head instances: score above which a cell is.",
    )
    method: Literal["watershed", "s1"] = Field(
        "watershed",
        description="Head contour: watershed floods cells from their insides, so that thin arms, which are all "
        "contour, stay with their cell; s1 is the published way.",
    )
    contour_threshold: float = Field(
        0.2, gt=0, lt=1, description="Method s1: probability of contour above which a pixel is one (S1)."
    )
    contour_reach_px: float = Field(
        2.0, ge=0, le=10, description="Method s1: furthest that a contour pixel is from its cell, px (S1)."
    )
    seed_threshold: float = Field(
        0.3,
        ge=-1,
        lt=1,
        description="Where cells start: head contour, cell minus contour above this; distance, depth minus neighbour.",
    )
    seed_smoothing_px: float = Field(
        0.0, ge=0, description="Standard deviation of the smoothing before that threshold, px; 0 for none."
    )
    min_seed_area_px: int = Field(
        5,
        ge=1,
        description="Starts smaller than this are no cell of their own, if there is a larger one to join, px.",
    )
    min_pass_depth: float = Field(
        0.5,
        ge=0,
        le=2,
        description="Head distance: two cells are one if depth minus neighbour falls by no more than this between "
        "them: a narrow neck is no wall.",
    )
    split_depth_px: float | None = Field(
        None,
        ge=0,
        description="Heads foreground and mask: how much narrower than both sides a neck must be for a cut, px; "
        "none (null) cuts nothing, as in S0.",
    )
    split_smoothing_px: float = Field(
        2.0,
        ge=0,
        description="Heads foreground and mask: smoothing of the distance transform before that, px.",
    )
    closing_radius_px: float = Field(
        0.0,
        ge=0,
        description="Radius of the disc that closes gaps in the foreground, px; S0 uses 3. Method s1 has none.",
    )
    max_hole_area_px: float | None = Field(
        None, ge=0, description="Holes inside a cell up to this area are filled, px; none (null) fills all."
    )
    min_area_px: float = Field(
        0.0,
        ge=0,
        description="Cells smaller than this are dropped, px; S0 uses 150. Discs that stand for cells are kept.",
    )
    max_area_px: float | None = Field(
        None, gt=0, description="Cells larger than this are dropped, px; none (null) keeps all."
    )
    exclude_border: bool = Field(
        False, description="Whether cells that touch the edge of the frame are dropped."
    )
    field_margin_px: int = Field(
        0,
        ge=0,
        description="Cells that lie within this distance of the frame's edge with all their pixels are dropped, px; "
        "0 keeps all (S1's field of view).",
    )
    spot_radius_px: float = Field(
        2.0,
        ge=0,
        le=20,
        description="Heads with spots: radius of the disc that stands for a cell, px; of the movie's pixels where "
        "positions are all that is predicted.",
    )
    spot_method: Literal["maxima", "moments"] = Field(
        "maxima",
        description="Heads with spots: maxima takes each highest point above the threshold, placed between pixels; "
        "moments the centre of mass of each region above it (S4).",
    )
    spot_threshold: float | None = Field(
        None,
        gt=0,
        lt=1,
        description="Heads with spots: height above which a spot is a cell; none (null): that of threshold.",
    )
    spot_distance_px: float | None = Field(
        None,
        ge=1,
        description="Spot method maxima: a pixel counts if none nearer than this is higher, px; "
        "none (null): twice the disc's radius and one.",
    )

    @property
    def lowest_spot(self) -> float:
        """Height above which a spot is a cell."""
        return self.threshold if self.spot_threshold is None else self.spot_threshold
