"""Settings of edge tracking."""

from __future__ import annotations

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.length import Length, PositiveLength


class EdgeConfig(FrozenConfig):
    """Tracing of outlines and matching from frame to frame.

    Settings limited by the pixel grid are in pixels; lengths of cells are a :class:`Length`.
    """

    smoothing_px: float = Field(
        default=1.0,
        ge=0.3,
        le=5,
        description="Gaussian smoothing of masks before outlines are traced at one half (px).",
    )
    spacing_px: float = Field(default=1.0, ge=0.5, le=10, description="Spacing of outline points (px).")
    curvature_scale_px: float = Field(
        default=2.5,
        ge=0.5,
        le=50,
        description="Gaussian along the outline for normals and curvature (px).",
    )
    velocity_scale_px: float = Field(
        default=1.0,
        ge=0.3,
        le=50,
        description="Gaussian along the outline for velocities (px); larger values blur the tips of thin protrusions.",
    )
    band: PositiveLength = Field(
        default=Length(um=3, px=4),
        description="Depth of the band inside the edge in which intensity is averaged.",
    )
    stiffness: float = Field(
        default=1.0,
        gt=0,
        le=100,
        description="Resistance of the edge to stretching relative to moving (spring over drag).",
    )
    turning_cost_px2: float = Field(
        default=8.0,
        ge=0,
        description="Cost of a normal that turns by 90 degrees, as a squared displacement (px2).",
    )
    far_px: float = Field(default=3.0, gt=0, description="Huber threshold of the displacement cost (px).")
    relaxation: float = Field(
        default=0.1,
        ge=0,
        le=1,
        description="Fraction by which positions return to even spacing in each frame; 0 disables it.",
    )
    n_positions: int = Field(
        default=128, ge=16, le=2048, description="Number of positions around a cell in its kymograph."
    )
    min_step_px: float = Field(
        default=0.5,
        ge=0,
        description="Detection limit of edge motion (px per frame): smaller displacements count as rest.",
    )
    min_event_share: float = Field(
        default=0.02,
        ge=0,
        le=1,
        description="Minimum size of a protrusion or retraction event, as a fraction of the positions.",
    )
    max_lag_frames: int = Field(
        default=20, ge=1, description="Maximum lag of correlations (frames), at most a quarter of the track."
    )
