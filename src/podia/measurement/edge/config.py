"""What can be set about following the edge of cells."""

from __future__ import annotations

from pydantic import Field

from podia.data.calibration import Calibration
from podia.data.config import FrozenConfig


class EdgeConfig(FrozenConfig):
    """How outlines are drawn, matched from frame to frame, and judged.

    Pixels are the right unit where the limit is the accuracy of an outline on the pixel grid; what belongs to cells is
    in micrometres, with a twin in pixels for movies whose pixel size is unknown.
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
    band_um: float = Field(
        default=3.0, gt=0, description="Depth of the band under the edge in which grey values are averaged."
    )
    band_px: float = Field(default=4.0, gt=0, description="The same where the pixel size is unknown.")
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

    def band_in_px(self, calibration: Calibration) -> float:
        """Return the depth of the band in pixels."""
        return self.band_px if calibration.pixel_size_um is None else self.band_um / calibration.pixel_size_um
