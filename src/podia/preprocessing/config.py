"""Settings of what is done to a movie before cells are looked for.

Sizes are in micrometres; where the movie's pixel size is not known, a pixel counts as one micrometre.
"""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from podia.data.config import FrozenConfig
from podia.data.grey_range import GREY_PERCENTILES


class DriftConfig(FrozenConfig):
    """How the drift of the field is found and taken out."""

    enabled: bool = Field(True, description="Whether drift is corrected.")
    model: Literal["translation", "rigid", "affine"] = Field(
        "translation",
        description="What the field may do: shift; shift and turn; or also stretch and shear "
        "(the last two need the extra 'stackreg').",
    )
    max_step_px: float = Field(
        100.0, gt=0, description="Largest shift looked for from one frame to the next, px, along each axis."
    )
    upsample_factor: int = Field(
        50, ge=1, le=1000, description="Shifts are found to one over this of a pixel (translation)."
    )
    interpolation: Literal["whole_pixel", "linear"] = Field(
        "whole_pixel",
        description="How frames are shifted: by whole pixels, which leaves grey values untouched, or linearly "
        "between pixels, which smooths them. Positions use the sub-pixel drift either way.",
    )
    crop: bool = Field(
        True, description="Whether frames are cropped to the area seen in all; else edges are continued."
    )


class IlluminationConfig(FrozenConfig):
    """How uneven illumination is evened out."""

    enabled: bool = Field(False, description="Whether illumination is corrected.")
    method: Literal["divide", "subtract"] = Field(
        "divide", description="Whether the background is divided out (shading) or subtracted (stray light)."
    )
    scope: Literal["movie", "frame"] = Field(
        "movie",
        description="One background for the movie, the median of frames sampled evenly, or one for each frame.",
    )
    scale_um: float = Field(
        100.0, gt=0, description="Size over which the background is averaged, um; larger than cells."
    )
    n_sampled_frames: int = Field(
        20, ge=1, le=200, description="Frames from which the movie's background is made."
    )


class IntensityConfig(FrozenConfig):
    """How grey values are brought to a common range. No setting of a run: networks scale the way they were trained."""

    low_percentile: float = Field(
        GREY_PERCENTILES[0], ge=0, lt=100, description="Percentile that becomes 0 (S0)."
    )
    high_percentile: float = Field(
        GREY_PERCENTILES[1], gt=0, le=100, description="Percentile that becomes 1 (S0)."
    )
    scope: Literal["movie", "frame"] = Field(
        "movie", description="Whether percentiles are those of the whole movie or of each frame."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.low_percentile >= self.high_percentile:
            raise ValueError(
                f"low_percentile ({self.low_percentile:g}) must be below high_percentile "
                f"({self.high_percentile:g})"
            )
        return self


class PreprocessingConfig(FrozenConfig):
    """All that is done to a movie before cells are looked for."""

    drift: DriftConfig = Field(DriftConfig(), description="Drift correction.")
    illumination: IlluminationConfig = Field(IlluminationConfig(), description="Illumination correction.")
