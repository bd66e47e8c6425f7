"""Settings of the preprocessing before segmentation.

Lengths of the pixel grid are in px; all others are a :class:`podia.data.length.Length`.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.length import Length, PositiveLength


class DriftConfig(FrozenConfig):
    """Settings of the drift correction."""

    basic_settings = ("enabled", "model")

    enabled: bool = Field(True, description="Correct stage drift.")
    model: Literal["translation", "rigid", "affine"] = Field(
        "translation",
        description="Motion model of the field: translation, rigid (also rotation) or affine (also scaling and shear). "
        "The last two need the extra 'stackreg'.",
    )
    max_step_px: float = Field(100.0, gt=0, description="Maximum shift between frames along each axis, px.")
    upsample_factor: int = Field(
        50,
        ge=1,
        le=1000,
        description="Subpixel precision of shifts: one pixel divided by this number (translation).",
    )
    interpolation: Literal["whole_pixel", "linear"] = Field(
        "whole_pixel",
        description="Shift frames by whole pixels, which keeps grey values unchanged, or with linear interpolation, "
        "which smooths them. Positions use the subpixel drift in both cases.",
    )
    crop: bool = Field(
        True,
        description="Crop frames to the area visible in all of them; otherwise extend the edges.",
    )


class IlluminationConfig(FrozenConfig):
    """Settings of the illumination correction."""

    basic_settings = ("enabled",)

    enabled: bool = Field(False, description="Correct uneven illumination.")
    method: Literal["divide", "subtract"] = Field(
        "divide", description="Divide by the background (shading) or subtract it (stray light)."
    )
    scope: Literal["movie", "frame"] = Field(
        "movie",
        description="One background for the movie (median of evenly sampled frames) or one per frame.",
    )
    scale: PositiveLength = Field(
        Length(um=100, px=100), description="Length over which the background is averaged; larger than cells."
    )
    n_sampled_frames: int = Field(
        20, ge=1, le=200, description="Number of frames to sample for the background of the movie."
    )


class PreprocessingConfig(FrozenConfig):
    """Settings of all preprocessing steps."""

    drift: DriftConfig = Field(DriftConfig(), description="Drift correction.")
    illumination: IlluminationConfig = Field(IlluminationConfig(), description="Illumination correction.")
