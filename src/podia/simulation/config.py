"""Settings of simulated movies."""

from __future__ import annotations

import math
from typing import Literal, Self

from pydantic import Field, model_validator

from podia.data.calibration import Calibration
from podia.data.config import FrozenConfig
from podia.simulation import myoblasts

_LOW_DENSITY_PX2_PER_CELL = 150**2
"""About 5 % of the field covered, as in movies for protrusion analysis (Gómez-de-Mariscal et al. 2021: at most 6 %)."""

_MAX_COVERED_BY_BODIES = 0.2
"""Maximum fraction of the field; above it, cells cannot be placed with room for their protrusions."""

MIN_WIDTH_PX = 1.6
"""Strips wider than sqrt 2 px are 4-connected on the pixel grid in every direction."""


Modality = Literal["phase", "negative-phase", "dic", "brightfield", "oblique"]
"""Kinds of microscope."""


class SimulationConfig(FrozenConfig):
    """Settings of a simulated phase-contrast movie; the defaults give few cells with protrusions.

    Defaults of motion and divisions are those of real myoblasts (:mod:`podia.simulation.myoblasts`), the pixel size is
    that of the T98G movie, the frame interval that of the C2C12 movies, and the appearance was matched to both by eye.
    """

    n_frames: int = Field(default=60, ge=1, description="Number of frames.")
    size_px: int = Field(default=512, ge=64, le=4096, description="Edge length of the square frames (px).")
    n_cells: int | None = Field(
        default=None,
        ge=0,
        description="Cells in the first frame. Default: one per 150 x 150 px, if there is room, and at least one.",
    )
    seed: int = Field(
        default=0, ge=0, description="Random seed; the same configuration gives the same movie."
    )
    pixel_size_um: float = Field(default=0.8708, gt=0, description="Pixel size (um).")
    frame_interval_s: float = Field(default=300.0, gt=0, description="Frame interval (s).")
    bit_depth: Literal[8, 16] = Field(default=8, description="Bits per grey value.")

    body_radius_um: float = Field(
        default=14.0,
        ge=5,
        le=40,
        description="Mean radius of a spread cell body (um); cells vary by 10 %.",
    )
    speed_um_per_min: float = Field(
        default=myoblasts.RMS_SPEED_UM_PER_MIN,
        ge=0,
        le=5,
        description="Root mean square speed of cells (um/min).",
    )
    persistence_min: float = Field(
        default=myoblasts.PERSISTENCE_MIN,
        gt=0,
        description="Persistence time (min).",
    )
    division_rate_per_h: float = Field(
        default=myoblasts.DIVISIONS_PER_CELL_AND_HOUR, ge=0, le=5, description="Divisions per cell and hour."
    )

    protrusions_per_cell: float = Field(
        default=4.0,
        ge=0,
        le=10,
        description="Mean number of protrusions per cell, including short ones, if there is room; at most 6.",
    )
    protrusion_length_um: float = Field(
        default=38.0, ge=0, le=150, description="Mean maximum length of a protrusion beyond the body (um)."
    )
    protrusion_width_um: tuple[float, float] = Field(
        default=(2.8, 6.5), description="Minimum and maximum width of a protrusion (um)."
    )
    protrusion_bend_deg: float = Field(
        default=30.0,
        ge=0,
        le=35,
        description="Maximum change of direction of a protrusion over its length (degrees).",
    )
    protrusion_speed_um_per_min: float = Field(
        default=1.0, gt=0, description="Mean speed of extension and retraction of protrusions (um/min)."
    )
    protrusion_rest_min: float = Field(
        default=40.0, ge=0, description="Mean time between extension and retraction (min)."
    )

    drift_px: float = Field(default=5.0, ge=0, le=60, description="Maximum slow drift of the stage (px).")
    jitter_px: float = Field(
        default=0.25,
        ge=0,
        le=3,
        description="Standard deviation of the random stage displacement per frame (px).",
    )

    modality: Modality = Field(
        default="phase",
        description="Microscope: phase (positive phase contrast), negative-phase, dic, brightfield (off the focus), or "
        "oblique (light from one side).",
    )
    contrast: float = Field(
        default=1.0, gt=0, le=2, description="Relative optical thickness of cells; 1 is typical."
    )
    halo_um: float = Field(
        default=6.0,
        gt=0,
        le=20,
        description="Width of the bright halo around cells (um, standard deviation).",
    )
    focus_wander_um: float = Field(
        default=4.0,
        ge=0,
        le=40,
        description="Standard deviation of the height of cells relative to the focal plane (um).",
    )
    illumination: float = Field(
        default=0.12,
        ge=0,
        lt=0.8,
        description="Vignetting: relative darkening of the darkest corner.",
    )
    fibres: float = Field(
        default=1.0,
        ge=0,
        le=5,
        description="Relative optical thickness of background fibres; 0 for none, 1 is typical.",
    )
    debris_per_mm2: float = Field(
        default=200.0, ge=0, le=5000, description="Debris particles per square millimetre."
    )
    photons: float = Field(
        default=5000.0, gt=0, description="Photoelectrons per pixel in the background; fewer is noisier."
    )
    read_noise: float = Field(
        default=0.4, ge=0, description="Standard deviation of the camera noise (8-bit grey values)."
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        low, high = self.protrusion_width_um
        if not 0 < low <= high <= self.body_radius_um:
            raise ValueError(
                f"Protrusion widths must be positive, ascending and at most the body radius "
                f"({self.body_radius_um:g} um), not {low:g} to {high:g}"
            )
        if self.px(low) < MIN_WIDTH_PX:
            raise ValueError(
                f"Protrusions of {low:g} um are {self.px(low):.2g} px wide: "
                f"increase their width to {MIN_WIDTH_PX:g} px or choose a smaller pixel_size_um"
            )
        if self.initial_cells > self.most_cells:
            raise ValueError(
                f"{self.initial_cells} cells do not fit into {self.size_px} x {self.size_px} px: "
                f"choose at most {self.most_cells}, or a larger size_px"
            )
        return self

    @property
    def initial_cells(self) -> int:
        """Number of cells whose body centre lies in the first frame."""
        if self.n_cells is not None:
            return self.n_cells
        return min(max(1, round(self.size_px**2 / _LOW_DENSITY_PX2_PER_CELL)), self.most_cells)

    @property
    def most_cells(self) -> int:
        """Maximum number of cells that fit into the first frame."""
        body_px2 = math.pi * self.px(self.body_radius_um) ** 2
        return max(1, int(_MAX_COVERED_BY_BODIES * self.size_px**2 / body_px2))

    @property
    def calibration(self) -> Calibration:
        """Pixel size and frame interval of the movie."""
        return Calibration(pixel_size_um=self.pixel_size_um, frame_interval_s=self.frame_interval_s)

    def px(self, length_um: float) -> float:
        """Return a length in pixels."""
        return length_um / self.pixel_size_um

    def frames(self, duration_min: float) -> float:
        """Return a duration in frames."""
        return duration_min * 60.0 / self.frame_interval_s
