"""From foreground to cells: closing, hole filling, splitting of touching cells, filters by size and border."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage as ndi
from skimage.morphology import local_maxima
from skimage.segmentation import watershed

from podia.data.calibration import Calibration
from podia.data.config import FrozenConfig
from podia.data.length import Length
from podia.data.movie import Image, LabelImage
from podia.labels.foreground import (
    EIGHT_NEIGHBOURS,
    Mask,
    close_gaps,
    fill_holes,
    remove_small_objects,
)
from podia.labels.watershed import merge_shallow_basins

_BACKGROUND_SCALE = Length(um=60, px=60)
"""Scale over which the background is averaged: larger than a cell, smaller than uneven illumination."""
_BACKGROUND_BLOCK = 8


class InstanceConfig(FrozenConfig):
    """From foreground to cells."""

    basic_settings = ("min_area_um2", "max_area_um2", "exclude_border", "split")

    closing_radius: Length = Field(
        Length(px=0),
        description="Radius of the disc that closes gaps in the foreground (3 px = 2.4 um in Gómez-de-Mariscal et al. "
        "2021).",
    )
    max_hole_area_um2: float | None = Field(
        1200.0, ge=0, description="Maximum area of holes that are filled, um2; null fills all holes."
    )
    min_area_um2: float = Field(
        250.0,
        ge=0,
        description="Remove cells smaller than this, um2 (150 px = 96.5 um2 in Gómez-de-Mariscal et al. 2021).",
    )
    max_area_um2: float | None = Field(
        None, gt=0, description="Remove cells larger than this, um2; null keeps all."
    )
    exclude_border: bool = Field(False, description="Remove cells that touch the edge of the frame.")
    split: Literal["none", "distance", "halo"] = Field(
        "halo",
        description="Splitting of touching cells: none, at necks (watershed on the distance transform), or at "
        "necks and along the bright halo between them.",
    )
    split_smoothing: Length = Field(
        Length(um=1.5, px=1.5), description="Smoothing of the distance transform before splitting."
    )
    split_depth: Length = Field(
        Length(um=3, px=3),
        description="Minimum depth of a neck, relative to both sides, at which cells are split (h-maxima).",
    )
    split_brightness: float = Field(
        0.4, gt=0, description="Brightness above the background, as a fraction of it, that counts as halo."
    )


def find_instances(
    mask: Mask,
    image: Image,
    config: InstanceConfig | None = None,
    calibration: Calibration | None = None,
) -> LabelImage:
    """Return the cells of a foreground `mask` ``(Y, X)``, numbered 1, 2, ... from the top.

    `image` ``(Y, X)`` is used only for ``split="halo"``. Each label is one 8-connected region.
    """
    config = config or InstanceConfig()
    calibration = calibration or Calibration()
    area_scale = (1.0 / calibration.length_per_px) ** 2
    max_hole = None if config.max_hole_area_um2 is None else config.max_hole_area_um2 * area_scale
    mask = close_gaps(mask, config.closing_radius.in_px(calibration))
    mask = remove_small_objects(fill_holes(mask, max_hole), config.min_area_um2 * area_scale)
    labels = _split(mask, image, config, calibration)
    return _keep_cells(labels, config, area_scale)


def _split(mask: Mask, image: Image, config: InstanceConfig, calibration: Calibration) -> NDArray[np.int32]:
    """Return labels of `mask` in which touching cells are split; every pixel of the mask keeps a label."""
    labels, n_regions = ndi.label(mask, EIGHT_NEIGHBOURS)
    if config.split == "none" or n_regions == 0 or mask.all():
        return np.asarray(labels, dtype=np.int32)
    core = mask
    if config.split == "halo":
        core = mask & ~_bright(image, mask, config, calibration)
    depth = _depth_inside(core, config.split_smoothing.in_px(calibration))
    markers, n_markers = ndi.label(local_maxima(depth, connectivity=2) & (depth > 0), EIGHT_NEIGHBOURS)
    # A region that is all halo has no marker and is not split.
    marked = np.zeros(n_regions + 1, dtype=bool)
    marked[labels[markers > 0]] = True
    marked[0] = True
    markers = np.where(marked[labels], markers, labels + n_markers)
    basins = watershed(-depth, markers, mask=mask, connectivity=2)
    return merge_shallow_basins(basins, depth, config.split_depth.in_px(calibration))


def _bright(image: Image, mask: Mask, config: InstanceConfig, calibration: Calibration) -> Mask:
    """Return where `image` is brighter than the surrounding background by the fraction that counts as halo."""
    smoothed = ndi.gaussian_filter(
        image.astype(np.float32), config.split_smoothing.in_px(calibration), mode="nearest"
    )
    background = _background(image, mask, calibration)
    return np.asarray(smoothed > background * (1.0 + config.split_brightness))


def _background(image: Image, mask: Mask, calibration: Calibration) -> NDArray[np.float32]:
    """Return the mean grey value around each pixel outside `mask`, ``(Y, X)``, constant within each block."""
    outside = ~ndi.binary_dilation(mask, EIGHT_NEIGHBOURS, iterations=3)
    block = _BACKGROUND_BLOCK
    weights = _block_sums(outside.astype(np.float32), block)
    values = _block_sums(np.where(outside, image, 0).astype(np.float32), block)
    overall = float(values.sum() / weights.sum()) if weights.any() else float(image.mean(dtype=np.float64))
    sigma = _BACKGROUND_SCALE.in_px(calibration) / block
    # Fall back to the overall mean where there is no background nearby.
    faint = 1e-3 * block**2
    weights = ndi.gaussian_filter(weights, sigma, mode="nearest") + faint
    values = ndi.gaussian_filter(values, sigma, mode="nearest") + faint * overall
    coarse = (values / weights).astype(np.float32)
    whole = coarse.repeat(block, axis=0).repeat(block, axis=1)
    return np.asarray(whole[: image.shape[0], : image.shape[1]])


def _block_sums(values: NDArray[np.float32], block: int) -> NDArray[np.float32]:
    """Return sums over squares of `block` pixels; the last ones may be cut by the edge of the frame."""
    rows = np.add.reduceat(values, np.arange(0, values.shape[0], block), axis=0)
    return np.asarray(np.add.reduceat(rows, np.arange(0, values.shape[1], block), axis=1))


def _depth_inside(core: Mask, sigma_px: float) -> NDArray[np.float32]:
    """Return the smoothed distance to the outline, in pixels, 0 outside; the edge of the frame is not an outline."""
    depth = ndi.distance_transform_edt(core).astype(np.float32)
    return np.asarray(ndi.gaussian_filter(depth, sigma_px, mode="nearest") * core)


def _keep_cells(labels: NDArray[np.int32], config: InstanceConfig, area_scale: float) -> LabelImage:
    """Return `labels` without those outside the size limits (and at the border, if asked), renumbered."""
    areas = np.bincount(labels.ravel())
    keep = (areas > 0) & (areas >= config.min_area_um2 * area_scale)
    if config.max_area_um2 is not None:
        keep &= areas <= config.max_area_um2 * area_scale
    if config.exclude_border:
        for edge in (labels[0], labels[-1], labels[:, 0], labels[:, -1]):
            keep[edge] = False
    keep[0] = False
    renumbered = np.where(keep, np.cumsum(keep), 0).astype(np.int32)
    return np.asarray(renumbered[labels])
