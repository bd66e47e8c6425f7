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

from typing import Literal

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.labels.instances import InstanceConfig
from podia.networks.inference.config import InferenceConfig
from podia.segmentation.choice import Method


class HaloConfig(FrozenConfig):
    """How the bright halo around cells is taken off the foreground (PHANTAST's second step)."""

    enabled: bool = Field(True, description="Whether outlines are moved inwards, off the halo.")
    max_depth_um: float = Field(
        6.0, gt=0, description="Furthest that an outline moves, um; halos are no wider than this."
    )
    max_removed_fraction: float = Field(
        0.7, gt=0, le=1, description="An object stops shrinking once this share of it is gone (Jaccard 2014)."
    )


class ForegroundConfig(FrozenConfig):
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

    basic_settings = ("epsilon",)

    sigma_um: float = Field(
        1.2, gt=0, description="Standard deviation of the Gaussian window, um; at least one pixel is used."
    )
    epsilon: float = Field(
        0.03, gt=0, lt=1, description="Local contrast (std over mean) above which a pixel is foreground."
    )


class EgtConfig(ForegroundConfig):
    """Gradient above a threshold that the gradient's own histogram gives (Chalfoun et al. 2014)."""

    basic_settings = ("greedy",)

    smoothing_um: float = Field(
        0.3, ge=0, description="Standard deviation of the smoothing before the gradient, um; 0 as published."
    )
    greedy: float = Field(
        -5.0, ge=-50, le=50, description="Percentile points by which more becomes foreground; 0 as published."
    )


class BlobConfig(FrozenConfig):
    """Cells as blobs of one size, of which only positions come out."""

    basic_settings = ("cell_diameter_um", "cells")

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


class GrowthConfig(FrozenConfig):
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


class GapFillingConfig(FrozenConfig):
    """Gap filling: cells that vanish for a few frames, e.g. out of focus, are restored."""

    basic_settings = ("enabled",)

    enabled: bool = Field(True, description="Whether gaps in time are filled.")
    max_gap_frames: int = Field(2, ge=1, le=10, description="Longest gap that is filled, frames.")
    min_area_um2: float = Field(64.0, ge=0, description="Minimum area of a restored cell, um2.")


class SplitMergeConfig(FrozenConfig):
    """How cuts between touching cells that come and go are made as the frames around have them."""

    basic_settings = ("enabled",)

    enabled: bool = Field(True, description="Whether unsteady cuts are repaired.")
    max_frames: int = Field(
        2, ge=1, le=5, description="Longest time for which a cut that is repaired comes or goes, frames."
    )


class SegmentationConfig(FrozenConfig):
    """How cells are found in a frame."""

    basic_settings = ("method",)

    method: Method = Field(
        "network",
        description="How cells are told from background: by a trained network, or without training: egt finds its "
        "threshold by itself, phantast has a fixed one, blobs finds positions only.",
    )
    network: InferenceConfig = Field(InferenceConfig(), description="Settings of the method network.")
    phantast: PhantastConfig = Field(PhantastConfig(), description="Settings of the method phantast.")
    egt: EgtConfig = Field(EgtConfig(), description="Settings of the method egt.")
    blobs: BlobConfig = Field(BlobConfig(), description="Settings of the method blobs.")
    instances: InstanceConfig = Field(
        InstanceConfig(), description="From foreground to cells, methods egt and phantast."
    )
    split_merge: SplitMergeConfig = Field(
        SplitMergeConfig(), description="Cuts between touching cells, made as the frames around have them."
    )
    gap_filling: GapFillingConfig = Field(GapFillingConfig(), description="Cells put back where they vanish.")
