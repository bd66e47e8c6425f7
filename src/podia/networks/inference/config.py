"""Settings of the segmentation by a trained network."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from podia.data.config import FrozenConfig
from podia.networks.inference.cell_diameter import is_cell_diameter


class InferenceConfig(FrozenConfig):
    """Segmentation by a trained network."""

    basic_settings = ("model", "cell_diameter", "device", "precision", "test_time_augmentation", "decode")

    model: str = Field(
        "podia-phase", description="A model that comes with podia ('podia models list'), or a model file."
    )
    ensemble: tuple[str, ...] = Field(
        (),
        description="Further models, of the same head and pixel size: cells are made of the mean of all predictions, "
        "with the first model's settings; takes as long as all of them.",
    )
    backend: Literal["auto", "torch", "openvino", "onnx"] = Field(
        "auto",
        description="What runs the network: auto takes torch on an NVIDIA GPU, else openvino where it is installed, "
        "else torch.",
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto", description="Where it runs: auto takes an NVIDIA GPU where there is one, else the CPU."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="Of the arithmetic; bfloat16 is faster on some machines and less exact (torch, openvino).",
    )
    threads: int | None = Field(
        None,
        ge=1,
        le=1024,
        description="CPU cores used: none (null) is all of them, or a worker's share, with openvino, and 2 with torch "
        "and onnx, whose last bits depend on the number.",
    )
    mode: Literal["auto", "state", "window"] = Field(
        "auto",
        description="How frames are joined in time: state carries the network's memory on, window builds it up anew "
        "over the last frames; auto does what the network was made for.",
    )
    window_frames: int | None = Field(
        None, ge=1, le=64, description="Frames in a window; none (null) takes the network's own."
    )
    warm_up_frames: int = Field(
        4,
        ge=0,
        le=64,
        description="Mode state: first frames that are run through in reverse beforehand, so that the memory does not "
        "start empty.",
    )
    lookahead: bool = Field(
        True, description="Whether the network looks at the frames ahead that it was made to use."
    )
    test_time_augmentation: Literal["none", "flips", "all"] = Field(
        "none",
        description="Predictions averaged over 4 flips, or all 8 flips and quarter turns; takes 4 or 8 times as "
        "long.",
    )
    cell_diameter: str | None = Field(
        None,
        description="Width of a typical cell, such as 30px or 20um, for models that were trained at one width; none "
        "(null): estimated from a few frames of the movie.",
    )
    resample: bool = Field(
        True,
        description="Whether frames are brought to the pixel size that the model was trained at, where both are "
        "known.",
    )
    resample_beyond: float = Field(
        0.1, ge=0, lt=1, description="Difference in pixel size, as a share, up to which nothing is resampled."
    )
    tile_above_megapixels: float = Field(
        16.0, gt=0, description="Frames larger than this are cut into tiles, to save memory; megapixels."
    )
    tile_px: int = Field(2048, ge=64, description="Edge of a tile, px, at the model's pixel size.")
    decode: dict[str, bool | int | float | str | None] = Field(
        default_factory=dict,
        description="Settings of the step from the network's prediction to cells that replace the model's own, such "
        "as decode.min_area_px = 100 ('podia models show' lists them).",
    )
    probability_map: bool = Field(
        False, description="Whether a run also writes the probability of cells, probabilities.tif."
    )

    def cuts_into_tiles(self, frame_shape: tuple[int, int]) -> bool:
        """Return whether frames of that size ``(Y, X)``, at the model's pixel size, are cut into tiles."""
        return frame_shape[0] * frame_shape[1] > self.tile_above_megapixels * 1e6

    @field_validator("cell_diameter")
    @classmethod
    def _is_a_length(cls, value: str | None) -> str | None:
        if value is not None and not is_cell_diameter(value):
            raise ValueError(f"'{value}' is not a length such as 30px or 20um")
        return value

    @field_validator("decode")
    @classmethod
    def _known_and_in_bounds(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Refuse settings that no head has; whether the model's head has them is known when the model is chosen."""
        if values:
            from podia.networks.outputs.registry import require_known_decoding

            require_known_decoding(values)
        return values
