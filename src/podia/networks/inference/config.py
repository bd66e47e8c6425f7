"""Settings of the segmentation by a trained network."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from podia.data.config import FrozenConfig
from podia.data.length import PositiveLength


class InferenceConfig(FrozenConfig):
    """Settings of the segmentation by a trained network."""

    basic_settings = ("model", "cell_diameter", "device", "precision", "test_time_augmentation", "decode")

    model: str = Field(
        "podia-any",
        description="Trained model: name of an included model ('podia models list'), or a model file.",
    )
    ensemble: tuple[str, ...] = Field(
        (),
        description="More models with the same head and pixel size. Predictions are averaged, and decoded with the "
        "settings of the first model. Run times add up.",
    )
    backend: Literal["auto", "torch", "openvino", "onnx"] = Field(
        "auto",
        description="Runtime of the network. auto: torch on an NVIDIA GPU, otherwise openvino if installed, "
        "otherwise torch.",
    )
    device: Literal["auto", "cpu", "cuda", "mps"] = Field(
        "auto", description="Device. auto: NVIDIA GPU if there is one, otherwise CPU."
    )
    precision: Literal["float32", "bfloat16"] = Field(
        "float32",
        description="Numerical precision. bfloat16 is faster where supported, slightly less accurate (torch, "
        "openvino).",
    )
    threads: int | None = Field(
        None,
        ge=1,
        le=1024,
        description="Number of CPU cores. null: all cores (or a worker's share) with openvino; 2 with torch and "
        "onnx, whose last bits depend on the number.",
    )
    mode: Literal["auto", "state", "window"] = Field(
        "auto",
        description="Use of earlier frames. state: the recurrent state is carried from frame to frame. window: it is "
        "recomputed over the last frames (Gómez-de-Mariscal et al. 2021). auto: as designed for the "
        "network.",
    )
    window_frames: int | None = Field(
        None, ge=1, le=64, description="Frames per window; null: the network's own number."
    )
    warm_up_frames: int = Field(
        4,
        ge=0,
        le=64,
        description="Mode state: number of frames processed in reverse before the first, so that the state does "
        "not start empty (Arbelle & Riklin Raviv 2019).",
    )
    lookahead: bool = Field(True, description="Use the later frames for which the network was designed.")
    test_time_augmentation: Literal["none", "flips", "all"] = Field(
        "none",
        description="Average predictions over 4 flips, or all 8 flips and quarter turns; takes 4 or 8 times as "
        "long.",
    )
    cell_diameter: PositiveLength | None = Field(
        None,
        description="Diameter of a typical cell, such as 30px or 20um, for models trained at one cell diameter. "
        "null: estimated from a few frames of the movie.",
    )
    resample: bool = Field(
        True,
        description="Rescale frames to the pixel size of the model's training, if both are known.",
    )
    resample_beyond: float = Field(
        0.1, ge=0, lt=1, description="Relative difference in pixel size up to which frames are not rescaled."
    )
    tile_above_megapixels: float = Field(
        16.0, gt=0, description="Frame size above which frames are cut into tiles to save memory, megapixels."
    )
    tile_px: int = Field(2048, ge=64, description="Size of a tile, px at the model's pixel size.")
    decode: dict[str, bool | int | float | str | None] = Field(
        default_factory=dict,
        description="Decode settings that replace those of the model, such as decode.min_area_px = 100 ('podia "
        "models show' lists them).",
    )
    probability_map: bool = Field(
        False, description="Also write the probability of cells (probabilities.tif)."
    )

    def cuts_into_tiles(self, frame_shape: tuple[int, int]) -> bool:
        """Return whether frames of this size ``(Y, X)``, at the model's pixel size, are cut into tiles."""
        return frame_shape[0] * frame_shape[1] > self.tile_above_megapixels * 1e6

    @field_validator("decode")
    @classmethod
    def _known_and_in_bounds(cls, values: dict[str, Any]) -> dict[str, Any]:
        """Reject settings that no head has. Settings of the model's own head are checked when the model is chosen."""
        if values:
            from podia.networks.outputs.registry import require_known_decoding

            require_known_decoding(values)
        return values
