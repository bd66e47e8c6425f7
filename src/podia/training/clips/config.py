"""Settings of how clips are cut out of movies and changed; defaults are S0's where it has them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig


class AugmentationConfig(FrozenConfig):
    """What is done to a clip, to all its frames alike, so that a network sees more than was recorded."""

    rotation_deg: float = Field(30.0, ge=0, le=180, description="Largest turn either way, degrees (S0).")
    shift: float = Field(0.2, ge=0, lt=1, description="Largest shift, as a share of the frame's size (S0).")
    shear: float = Field(0.2, ge=0, lt=1, description="Largest shear, tangent of its angle (S0).")
    zoom: float = Field(0.2, ge=0, lt=1, description="Largest zoom in or out, as a share of the size (S0).")
    horizontal_flip: bool = Field(
        True, description="Whether half of the clips are mirrored left to right (S0)."
    )
    vertical_flip: bool = Field(
        False, description="Whether half of the clips are mirrored top to bottom (S1)."
    )
    quarter_turns: bool = Field(
        False, description="Whether clips are turned by multiples of 90 degrees (S1)."
    )
    elastic_px: float = Field(
        0.0, ge=0, description="Standard deviation of a smooth random bending of the frame, px; 0 is none."
    )
    elastic_spacing_px: float = Field(
        64.0, ge=8, description="Distance over which that bending changes, px; several times elastic_px."
    )
    brightness: float = Field(
        0.0, ge=0, le=1, description="Largest change of brightness, in units of half the movie's grey range."
    )
    contrast: float = Field(0.0, ge=0, lt=1, description="Largest change of contrast, as a share of it.")
    gamma: float = Field(
        0.0, ge=0, le=2, description="Largest change of gamma, as a natural logarithm: 0.2 is 0.82 to 1.22."
    )
    flicker: float = Field(
        0.0, ge=0, le=1, description="Standard deviation of each frame's own brightness, units as brightness."
    )
    noise: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Largest standard deviation of noise added to pixels, units as brightness.",
    )
    blur_px: float = Field(
        0.0, ge=0, le=10, description="Largest Gaussian blur of a whole clip, sigma in px."
    )
    focus_loss_probability: float = Field(
        0.0, ge=0, le=1, description="Share of frames that are out of focus on their own (their labels stay)."
    )
    focus_loss_px: float = Field(
        4.0, ge=0, le=20, description="Largest Gaussian blur of such a frame, sigma in px."
    )
    still_drift_px: float = Field(
        0.0,
        ge=0,
        le=10,
        description="Standard deviation of the field's step from frame to frame where a lone image is repeated "
        "to make a clip, px; 0 repeats it as it is.",
    )


class ClipConfig(FrozenConfig):
    """How clips are drawn."""

    length: int = Field(5, ge=1, le=100, description="Frames in a clip (S0: 5).")
    patch_px: int = Field(256, ge=16, description="Height and width of a clip, px of the network (S0: 512).")
    foreground_weight: float = Field(
        500_000.0,
        ge=1,
        description="How much likelier a patch is centred on a cell's pixel than on one of the background (S0's "
        "released settings; its text has 50,000); 1 draws all alike.",
    )
    annotate: Literal["last", "any"] = Field(
        "last",
        description="Which frame of a clip is sure to have labels: the last one (S0), or any, for networks that "
        "learn from every frame (S1). Other frames bring theirs where they have some.",
    )
    max_stride: int = Field(
        1, ge=1, le=20, description="Frames are taken 1 to this many apart, drawn per clip (S1: 4)."
    )
    reverse_probability: float = Field(
        0.0, ge=0, le=1, description="Share of clips that run backwards in time (S1: 0.5)."
    )
    target_pixel_size_um: float | None = Field(
        None,
        gt=0,
        description="Pixel size that movies are brought to, um, where theirs is known; none leaves them as they "
        "are.",
    )
    dataset_weights: dict[str, float] = Field(
        default_factory=dict,
        description="How often clips come from a data set, by its name; others weigh the square root of their "
        "number of annotated frames.",
    )
    cache_mib: float = Field(512.0, ge=0, description="Memory for decoded frames, MiB.")
    augmentation: AugmentationConfig = Field(AugmentationConfig(), description="How clips are changed.")
