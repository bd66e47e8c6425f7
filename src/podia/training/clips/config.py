"""Settings of sampling and augmentation of clips; defaults as in Gómez-de-Mariscal et al. 2021 where stated there."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig


class AugmentationConfig(FrozenConfig):
    """Augmentation of a clip, the same for all its frames."""

    rotation_deg: float = Field(30.0, ge=0, le=180, description="Largest rotation either way, degrees.")
    shift: float = Field(0.2, ge=0, lt=1, description="Largest shift, as a fraction of the frame size.")
    shear: float = Field(0.2, ge=0, lt=1, description="Largest shear (tangent of the angle).")
    zoom: float = Field(0.2, ge=0, lt=1, description="Largest zoom in or out, as a fraction of the size.")
    horizontal_flip: bool = Field(True, description="Mirror half of the clips left to right.")
    vertical_flip: bool = Field(False, description="Mirror half of the clips top to bottom.")
    quarter_turns: bool = Field(False, description="Rotate clips by multiples of 90 degrees.")
    elastic_px: float = Field(
        0.0, ge=0, description="Standard deviation of the elastic deformation, px; 0 switches it off."
    )
    elastic_spacing_px: float = Field(
        64.0,
        ge=8,
        description="Correlation length of the elastic deformation, px; use several times elastic_px.",
    )
    brightness: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Largest change of brightness, in units of half the movie's grey-value range.",
    )
    contrast: float = Field(0.0, ge=0, lt=1, description="Largest change of contrast, as a fraction.")
    gamma: float = Field(
        0.0, ge=0, le=2, description="Largest change of gamma, natural logarithm: 0.2 means 0.82 to 1.22."
    )
    flicker: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Standard deviation of the brightness of single frames, in units of brightness.",
    )
    noise: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Largest standard deviation of pixel noise, in units of brightness.",
    )
    blur_px: float = Field(0.0, ge=0, le=10, description="Largest Gaussian blur of a clip (sigma), px.")
    focus_loss_probability: float = Field(
        0.0, ge=0, le=1, description="Fraction of single frames put out of focus; their labels are kept."
    )
    focus_loss_px: float = Field(
        4.0, ge=0, le=20, description="Largest Gaussian blur of an out-of-focus frame (sigma), px."
    )
    inversion_probability: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Fraction of clips with dark and bright exchanged (positive, negative phase).",
    )
    slope_probability: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Fraction of clips whose grey values are replaced by their slope in a random direction, as in DIC.",
    )
    uneven_light: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Largest brightness of a smooth random illumination over the frame, in units of brightness.",
    )
    low_resolution: float = Field(
        1.0,
        ge=1,
        le=8,
        description="Largest factor by which half of the clips lose resolution, as if taken at a lower magnification "
        "and enlarged; 1 switches it off.",
    )
    paste_probability: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Fraction of clips in which cells are pasted next to and onto others, to train on contacts. "
        "Requires instance masks.",
    )
    most_pasted: int = Field(4, ge=1, le=50, description="Largest number of cells pasted into a clip.")
    pasted_rounded: float = Field(
        0.4,
        ge=0,
        le=1,
        description="Fraction of pasted cells that are drawn as rounded cells in phase contrast; the others are copies "
        "of the clip's own.",
    )
    pasted_speed_px: float = Field(
        1.5, ge=0, le=20, description="Standard deviation of a pasted cell's displacement per frame, px."
    )
    still_drift_px: float = Field(
        0.0,
        ge=0,
        le=10,
        description="Standard deviation of the drift per frame, px, when a single image is repeated to make a clip; "
        "0 repeats it unchanged.",
    )


class ClipConfig(FrozenConfig):
    """Sampling of clips."""

    length: int = Field(5, ge=1, le=100, description="Frames per clip.")
    patch_px: int = Field(256, ge=16, description="Height and width of a clip, px of the network.")
    foreground_weight: float = Field(
        500_000.0,
        ge=1,
        description="How much more often a patch is centred on a cell pixel than on a background pixel; 1 treats all "
        "pixels alike.",
    )
    annotate: Literal["last", "any"] = Field(
        "last",
        description="Which frame of a clip must have labels: the last one, or any, for networks that learn from every "
        "frame. Labels of the other frames are used where they exist.",
    )
    max_stride: int = Field(
        1, ge=1, le=20, description="Largest temporal stride, frames; drawn per clip from 1 to this."
    )
    reverse_probability: float = Field(
        0.0, ge=0, le=1, description="Fraction of clips played backwards in time."
    )
    target_pixel_size_um: float | None = Field(
        None,
        gt=0,
        description=(
            "Pixel size to which movies are resampled, um, if their pixel size is known; null leaves "
            "them unchanged."
        ),
    )
    dataset_weights: dict[str, float] = Field(
        default_factory=dict,
        description="Sampling weight per data set, by name. Default: square root of the number of annotated frames.",
    )
    cache_mib: float = Field(512.0, ge=0, description="Memory for cached frames, MiB.")
    augmentation: AugmentationConfig = Field(AugmentationConfig(), description="Augmentation of clips.")
