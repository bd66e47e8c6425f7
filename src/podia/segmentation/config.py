"""Settings of the segmentation, by a trained network or without training.

Sizes are physical: lengths end in ``_um`` and areas in ``_um2``, and are turned into pixels with the movie's
pixel size. **Where the pixel size is not known, a pixel counts as one micrometre** (the rule of
:attr:`podia.data.calibration.Calibration.length_per_px`), so that the same numbers then mean pixels.

The defaults of what needs no training were chosen on 6 hand-drawn fields of T98G cells (0.87 um/px) and 4 frames of
U373 (0.65 um/px), both phase contrast. On the 39 fields and 11 frames not used for it, SEG is 0.54 and 0.81 for EGT,
0.54 and 0.83 for PHANTAST. They are for spread, dark cells at 10x and more: bright, round cells of 4x need
``halo.enabled = false`` and smaller areas.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator

from podia.data.config import StageConfig
from podia.data.errors import ConfigurationError
from podia.segmentation.decode_config import DecodeConfig


class HaloConfig(StageConfig):
    """How the bright halo around cells is taken off the foreground (PHANTAST's second step)."""

    enabled: bool = Field(True, description="Whether outlines are moved inwards, off the halo.")
    max_depth_um: float = Field(
        6.0, gt=0, description="Furthest that an outline moves, um; halos are no wider than this."
    )
    max_removed_fraction: float = Field(
        0.7, gt=0, le=1, description="An object stops shrinking once this share of it is gone (Jaccard 2014)."
    )


class ForegroundConfig(StageConfig):
    """What the two foreground methods have in common."""

    min_object_area_um2: float = Field(
        80.0, ge=0, description="Patches smaller than this are dropped before holes are filled, um2."
    )
    max_hole_area_um2: float = Field(
        1200.0, ge=0, description="Holes up to this area are filled before the halo is taken off, um2."
    )
    halo: HaloConfig = Field(HaloConfig(), description="Halo correction; EGT as published has none.")


class PhantastConfig(ForegroundConfig):
    """Local contrast above a threshold (Jaccard et al. 2014)."""

    sigma_um: float = Field(
        1.2, gt=0, description="Standard deviation of the Gaussian window, um; at least one pixel is used."
    )
    epsilon: float = Field(
        0.03, gt=0, lt=1, description="Local contrast (std over mean) above which a pixel is foreground."
    )


class EgtConfig(ForegroundConfig):
    """Gradient above a threshold that the gradient's own histogram gives (Chalfoun et al. 2014)."""

    smoothing_um: float = Field(
        0.3, ge=0, description="Standard deviation of the smoothing before the gradient, um; 0 as published."
    )
    greedy: float = Field(
        -5.0, ge=-50, le=50, description="Percentile points by which more becomes foreground; 0 as published."
    )


class InstanceConfig(StageConfig):
    """How a foreground becomes cells."""

    closing_radius_um: float = Field(
        0.0,
        ge=0,
        description="Radius of the disc that closes gaps in the foreground, um; S0 uses 3 px = 2.4 um.",
    )
    max_hole_area_um2: float | None = Field(
        1200.0, ge=0, description="Holes up to this area are filled, um2; none (null) fills all, as S0 does."
    )
    min_area_um2: float = Field(
        250.0, ge=0, description="Cells smaller than this are dropped, um2; S0 uses 150 px = 96.5 um2."
    )
    max_area_um2: float | None = Field(
        None, gt=0, description="Cells larger than this are dropped, um2; none (null) keeps all."
    )
    exclude_border: bool = Field(
        False, description="Whether cells that touch the edge of the frame are dropped."
    )
    split: Literal["none", "distance", "halo"] = Field(
        "halo",
        description="How touching cells are cut: not at all, at necks (watershed on the distance transform), "
        "or at necks and along the bright halo between them.",
    )
    split_smoothing_um: float = Field(
        1.5, ge=0, description="Smoothing of the distance transform before cutting, um."
    )
    split_depth_um: float = Field(
        3.0, ge=0, description="How much narrower than both sides a neck must be to be cut (h-maxima), um."
    )
    split_brightness: float = Field(
        0.4, gt=0, description="Brightness above the background, as a share of it, that counts as halo."
    )


class BlobConfig(StageConfig):
    """Cells as blobs of one size, of which only positions come out."""

    cell_diameter_um: float = Field(30.0, gt=0, description="Diameter of a cell's body, um.")
    cells: Literal["bright", "dark", "both"] = Field(
        "dark",
        description="Whether cells are brighter than the ground, darker, or either (textured cells too).",
    )
    background_diameters: float = Field(
        3.0, gt=0.5, description="Smoothing that gives the background to subtract, in cell diameters."
    )
    min_distance_diameters: float = Field(
        0.5, gt=0, description="Nearest that two cells lie to each other, in cell diameters."
    )
    threshold: Literal["otsu", "triangle"] = Field(
        "otsu",
        description="How the quality from which a maximum is a cell is found among all maxima of a frame.",
    )
    min_quality: float | None = Field(
        None, ge=0, description="That quality itself, in grey values; none (null) finds it in each frame."
    )


class GrowthConfig(StageConfig):
    """How positions become masks; the defaults were chosen on four fields of T98G and four simulated frames."""

    foreground: Literal["egt", "phantast"] = Field("egt", description="What tells cells from the ground.")
    egt: EgtConfig = Field(EgtConfig(), description="Settings of the foreground egt.")
    phantast: PhantastConfig = Field(PhantastConfig(), description="Settings of the foreground phantast.")
    seed_radius_um: float = Field(
        2.5, ge=0, description="Radius of the disc around a point that is its cell's in any case, um."
    )
    smoothing_um: float = Field(
        1.0, ge=0, description="Smoothing of the image before halos are looked for, um."
    )
    brightness_weight: float = Field(
        5.0,
        ge=0,
        description="How much dearer a way through bright halos is: this for each standard deviation of the "
        "foreground's grey values above the ground.",
    )
    outline_weight: float = Field(
        5.0,
        ge=0,
        description="How much dearer a way along the foreground's outline is than in the middle of a cell.",
    )
    outline_width_um: float = Field(
        2.0, gt=0, description="Depth at which that has fallen to a third, um: narrower necks are dear."
    )
    edge_weight: float = Field(
        0.5,
        ge=0,
        description="How much dearer a way over edges is off the foreground, in slopes usual there.",
    )
    reach_um: float = Field(
        15.0,
        ge=0,
        description="Farthest that foreground without a point may lie from a point outside it to be its cell, um.",
    )
    stray_radius_um: float = Field(
        10.0,
        ge=0,
        description="Cost up to which a point outside the foreground gets the pixels around it, um on even ground.",
    )
    max_area_medians: float = Field(
        5.0,
        ge=1,
        description="Cells larger than this many median areas are cut to it, the nearest part staying.",
    )
    max_hole_area_um2: float = Field(
        400.0, ge=0, description="Holes in a cell up to this area are filled, at the frame's edge too, um2."
    )
    min_kept_of_halo: float = Field(
        0.6,
        ge=0,
        le=1,
        description="A cell of which halo correction keeps less than this share of what it keeps of the median cell is "
        "taken as it was before: its inside was taken for halo. 0 never does.",
    )
    keep_unmarked: bool = Field(
        False,
        description="Whether foreground without a point is kept, under labels above the number of points.",
    )
    min_unmarked_area_um2: float = Field(
        250.0, ge=0, description="Patches of such foreground smaller than this are dropped, um2."
    )


class GapFillingConfig(StageConfig):
    """How cells that vanish for a few frames, as focus is lost, are put back (S0)."""

    enabled: bool = Field(True, description="Whether gaps in time are filled.")
    max_gap_frames: int = Field(2, ge=1, le=10, description="Longest gap that is filled, frames.")
    min_area_um2: float = Field(
        64.0, ge=0, description="Smallest object that is put back, um2; S0 uses 100 px = 64 um2."
    )


class SteadyCutsConfig(StageConfig):
    """How cuts between touching cells that come and go are made as the frames around have them."""

    enabled: bool = Field(True, description="Whether unsteady cuts are repaired.")
    max_frames: int = Field(
        2, ge=1, le=5, description="Longest time for which a cut that is repaired comes or goes, frames."
    )


class NetworkSegmentationConfig(StageConfig):
    """Segmentation by a trained network."""

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
        "over the last frames (S0); auto does what the network was made for.",
    )
    window_frames: int | None = Field(
        None, ge=1, le=64, description="Frames in a window; none (null) takes the network's own."
    )
    warm_up_frames: int = Field(
        4,
        ge=0,
        le=64,
        description="Mode state: first frames that are run through in reverse beforehand, so that the memory does not "
        "start empty (S1).",
    )
    lookahead: bool = Field(
        True, description="Whether the network looks at the frames ahead that it was made to use."
    )
    test_time_augmentation: Literal["none", "flips", "all"] = Field(
        "none",
        description="Predictions averaged over 4 flips, or all 8 flips and quarter turns (S2); takes 4 or 8 times as "
        "long.",
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

    @field_validator("decode")
    @classmethod
    def _known_and_in_bounds(cls, values: dict[str, Any]) -> dict[str, Any]:
        try:
            DecodeConfig.parse(values)
        except ConfigurationError as error:
            raise ValueError(str(error)) from None
        return values


class SegmentationConfig(StageConfig):
    """How cells are found in a frame."""

    method: Literal["network", "egt", "phantast", "blobs"] = Field(
        "network",
        description="How cells are told from background: by a trained network, or without training: egt finds its "
        "threshold by itself, phantast has a fixed one, blobs finds positions only.",
    )
    network: NetworkSegmentationConfig = Field(
        NetworkSegmentationConfig(), description="Settings of the method network."
    )
    phantast: PhantastConfig = Field(PhantastConfig(), description="Settings of the method phantast.")
    egt: EgtConfig = Field(EgtConfig(), description="Settings of the method egt.")
    blobs: BlobConfig = Field(BlobConfig(), description="Settings of the method blobs.")
    instances: InstanceConfig = Field(
        InstanceConfig(), description="From foreground to cells, methods egt and phantast."
    )
    steady_cuts: SteadyCutsConfig = Field(
        SteadyCutsConfig(), description="Cuts between touching cells, made as the frames around have them."
    )
    gap_filling: GapFillingConfig = Field(GapFillingConfig(), description="Cells put back where they vanish.")
