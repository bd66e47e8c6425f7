"""Settings of what is done to a movie before cells are looked for.

Sizes are in micrometres; where the movie's pixel size is not known, a pixel counts as one micrometre.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig


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


class PreprocessingConfig(FrozenConfig):
    """All that is done to a movie before cells are looked for."""

    drift: DriftConfig = Field(DriftConfig(), description="Drift correction.")
    illumination: IlluminationConfig = Field(IlluminationConfig(), description="Illumination correction.")
