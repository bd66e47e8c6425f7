"""Settings of the segmentation, by a trained network or without training.

Lengths are a :class:`podia.data.length.Length`. Areas are in um2, and their names end in ``_um2``; if the pixel size is
unknown, **a pixel counts as one square micrometre** (:attr:`podia.data.calibration.Calibration.length_per_px`). The
default lengths follow the same rule: ``"6 um or 6 px"``.

The defaults of EGT and PHANTAST were chosen on 6 hand-drawn fields of T98G cells (0.87 um/px) and 4 frames of U373
(0.65 um/px), both phase contrast. On the other 39 fields and 11 frames, SEG is 0.54 and 0.81 for EGT, and 0.54 and 0.83
for PHANTAST. They suit spread, dark cells at 10x and above; bright, round cells at 4x need ``halo.enabled = false`` and
smaller areas.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.length import Length, PositiveLength
from podia.labels.instances import InstanceConfig
from podia.networks.inference.config import InferenceConfig
from podia.segmentation.choice import Method

if TYPE_CHECKING:
    from podia.networks.inference.resolve import ResolvedModel


class HaloConfig(FrozenConfig):
    """Removal of the bright halo around cells from the foreground (second step of PHANTAST)."""

    enabled: bool = Field(True, description="Move outlines inwards, off the halo.")
    max_depth: PositiveLength = Field(
        Length(um=6, px=6), description="Maximum distance that an outline moves, at least the width of halos."
    )
    max_removed_fraction: float = Field(
        0.7,
        gt=0,
        le=1,
        description="An object stops shrinking once this fraction of it has been removed (Jaccard et al. 2014).",
    )


class ForegroundConfig(FrozenConfig):
    """Settings shared by the two foreground methods."""

    min_object_area_um2: float = Field(
        80.0, ge=0, description="Remove regions smaller than this before holes are filled, um2."
    )
    max_hole_area_um2: float = Field(
        1200.0, ge=0, description="Fill holes up to this area before the halo correction, um2."
    )
    halo: HaloConfig = Field(HaloConfig(), description="Halo correction; EGT as published has none.")


class PhantastConfig(ForegroundConfig):
    """Local contrast threshold (Jaccard et al. 2014)."""

    basic_settings = ("epsilon",)

    sigma: PositiveLength = Field(
        Length(um=1.2, px=1.2), description="Standard deviation of the Gaussian window; at least one pixel."
    )
    epsilon: float = Field(
        0.03,
        gt=0,
        lt=1,
        description="Local contrast (standard deviation over mean) above which a pixel is foreground.",
    )


class EgtConfig(ForegroundConfig):
    """Empirical gradient threshold (Chalfoun et al. 2014)."""

    basic_settings = ("greedy",)

    smoothing: Length = Field(
        Length(um=0.3, px=0.3),
        description="Standard deviation of the smoothing before the gradient; 0 px in the publication.",
    )
    greedy: float = Field(
        -5.0,
        ge=-50,
        le=50,
        description="Percentile points by which the threshold is lowered, which gives more foreground; "
        "0 in the publication.",
    )


class BlobConfig(FrozenConfig):
    """Blob detection: cells of one size, as positions."""

    basic_settings = ("cell_diameter", "cells")

    cell_diameter: PositiveLength = Field(Length(um=30, px=30), description="Diameter of the body of a cell.")
    cells: Literal["bright", "dark", "both"] = Field(
        "dark",
        description="Cells are brighter than the background, darker, or both (for textured cells).",
    )
    background_diameters: float = Field(
        3.0, gt=0.5, description="Smoothing that estimates the background, in cell diameters."
    )
    min_distance_diameters: float = Field(
        0.5, gt=0, description="Minimum distance between two cells, in cell diameters."
    )
    threshold: Literal["otsu", "triangle"] = Field(
        "otsu",
        description="Method that determines the minimum quality of a cell from all maxima of a frame.",
    )
    min_quality: float | None = Field(
        None,
        ge=0,
        description="Minimum quality of a cell, in grey values. null: determined in each frame by the threshold "
        "method.",
    )


class GrowthConfig(FrozenConfig):
    """Seeded segmentation, from points to masks; defaults from four fields of T98G and four simulated frames."""

    foreground: Literal["egt", "phantast"] = Field(
        "egt", description="Method that separates cells from background."
    )
    egt: EgtConfig = Field(EgtConfig(), description="Settings of the foreground egt.")
    phantast: PhantastConfig = Field(PhantastConfig(), description="Settings of the foreground phantast.")
    seed_radius: Length = Field(
        Length(um=2.5, px=2.5),
        description="Radius of the disc around each point that always belongs to its cell.",
    )
    smoothing: Length = Field(
        Length(um=1, px=1), description="Smoothing of the image before halos are detected."
    )
    brightness_weight: float = Field(
        5.0,
        ge=0,
        description="Extra path cost in bright halos, per standard deviation of the foreground's grey values "
        "above the background.",
    )
    outline_weight: float = Field(
        5.0,
        ge=0,
        description="Extra path cost along the outline of the foreground, relative to the middle of a cell.",
    )
    outline_width: PositiveLength = Field(
        Length(um=2, px=2),
        description="Depth at which that cost has fallen to a third; makes narrower necks expensive.",
    )
    edge_weight: float = Field(
        0.5,
        ge=0,
        description="Extra path cost across edges outside the foreground, per typical slope there.",
    )
    reach: Length = Field(
        Length(um=15, px=15),
        description="A point outside the foreground can be assigned foreground without a point up to this distance.",
    )
    stray_radius: Length = Field(
        Length(um=10, px=10),
        description="Maximum path cost from a point outside the foreground to the pixels assigned to it, as a path "
        "through uniform background.",
    )
    max_area_medians: float = Field(
        5.0,
        ge=1,
        description="Cut cells larger than this many median areas to that size, keeping the nearest part.",
    )
    max_hole_area_um2: float = Field(
        400.0, ge=0, description="Fill holes in a cell up to this area, also at the edge of the frame, um2."
    )
    min_kept_of_halo: float = Field(
        0.6,
        ge=0,
        le=1,
        description="Undo the halo correction of a cell if it keeps less of this cell than this fraction of what it "
        "keeps of the median cell; 0 never does.",
    )
    keep_unmarked: bool = Field(
        False,
        description="Keep foreground without a point, with labels above the number of points.",
    )
    min_unmarked_area_um2: float = Field(
        250.0, ge=0, description="Remove regions of such foreground smaller than this, um2."
    )


class GapFillingConfig(FrozenConfig):
    """Gap filling: cells that vanish for a few frames, e.g. out of focus, are restored."""

    basic_settings = ("enabled",)

    enabled: bool = Field(True, description="Fill gaps in time.")
    max_gap_frames: int = Field(2, ge=1, le=10, description="Longest gap to fill, frames.")
    min_area_um2: float = Field(
        64.0,
        ge=0,
        description="Smallest object to restore, um2 (100 px = 64 um2 in Gómez-de-Mariscal et al. 2021).",
    )


class SplitMergeConfig(FrozenConfig):
    """Temporal split/merge correction."""

    basic_settings = ("enabled",)

    enabled: bool = Field(True, description="Correct short splits and merges.")
    max_frames: int = Field(
        2, ge=1, le=5, description="Longest duration of a split or merge that is corrected, frames."
    )


class SegmentationConfig(FrozenConfig):
    """Segmentation of a frame."""

    basic_settings = ("method",)

    method: Method = Field(
        "network",
        description="network: trained network. egt: gradient threshold, found automatically. phantast: fixed "
        "local-contrast threshold. blobs: positions only.",
    )
    network: InferenceConfig = Field(InferenceConfig(), description="Settings of method network.")
    phantast: PhantastConfig = Field(PhantastConfig(), description="Settings of the method phantast.")
    egt: EgtConfig = Field(EgtConfig(), description="Settings of the method egt.")
    blobs: BlobConfig = Field(BlobConfig(), description="Settings of method blobs.")
    instances: InstanceConfig = Field(
        InstanceConfig(), description="From foreground to cells, for methods egt and phantast."
    )
    split_merge: SplitMergeConfig = Field(
        SplitMergeConfig(),
        description="Fix splits and merges that last only a few frames, using neighbouring frames.",
    )
    gap_filling: GapFillingConfig = Field(
        GapFillingConfig(), description="Restore cells that vanish for a few frames."
    )

    def positions_only(self, model: ResolvedModel | None) -> bool:
        """Return whether only positions of cells are found, and no outlines; `model` is that of the method network."""
        return self.method == "blobs" if model is None else model.positions_only
