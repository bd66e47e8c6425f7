"""What can be set about following the edge of cells."""

from __future__ import annotations

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.length import Length, PositiveLength


class EdgeConfig(FrozenConfig):
    """How outlines are drawn, matched from frame to frame, and judged.

    What the accuracy of an outline on the pixel grid limits is in pixels; what belongs to cells is a :class:`Length`.
    """

    smoothing_px: float = Field(
        default=1.0,
        ge=0.3,
        le=5,
        description="Gaussian that a mask is smoothed with before its outline is drawn at one half.",
    )
    spacing_px: float = Field(
        default=1.0, ge=0.5, le=10, description="Distance between neighbouring points of an outline."
    )
    curvature_scale_px: float = Field(
        default=2.5,
        ge=0.5,
        le=50,
        description="Gaussian along the outline over which its direction and curvature are taken.",
    )
    velocity_scale_px: float = Field(
        default=1.0,
        ge=0.3,
        le=50,
        description="Gaussian along the outline that velocities are averaged over; more hides the tips of thin arms.",
    )
    band: PositiveLength = Field(
        default=Length(um=3, px=4),
        description="Depth of the band under the edge in which grey values are averaged.",
    )
    stiffness: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="How much the edge resists being stretched, against being moved: spring over drag.",
    )
    turning_cost_px2: float = Field(
        default=8.0,
        ge=0,
        description="Cost of a point whose outward direction turns by 90 degrees, as that of a move squared.",
    )
    far_px: float = Field(
        default=3.0, gt=0, description="Moves cost their square up to here and grow in line beyond."
    )
    relaxation: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="How much of the way positions return to even spacing in each frame; 0 keeps them forever.",
    )
    n_positions: int = Field(
        default=128, ge=16, le=2048, description="Positions around a cell in its kymograph."
    )
    min_step_px: float = Field(
        default=0.5,
        ge=0,
        description="An edge that moves by less from frame to frame is at rest: the accuracy of an outline.",
    )
    min_event_share: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Least share of the positions that an event of protrusion or retraction reaches.",
    )
    max_lag_frames: int = Field(
        default=20, ge=1, description="Longest lag of the correlations, at most a quarter of the track."
    )
