"""Cells flooded from where they start, within a foreground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.segmentation import watershed

from podia.data.movie import LabelImage
from podia.labels.basins import merge_shallow_basins
from podia.labels.foreground import EIGHT_NEIGHBOURS, Mask


def flood_cells(
    foreground: Mask,
    core: Mask,
    height: NDArray[np.float32],
    *,
    min_seed_area_px: int = 1,
    min_pass_depth: float = 0.0,
) -> LabelImage:
    """Return cells that share out `foreground` ``(Y, X)``: one for each patch of `core`, by watershed.

    Parameters
    ----------
    foreground
        Pixels that belong to cells. A patch of it without a core is none.
    core
        Where cells start.
    height
        ``(Y, X)``, low along the walls between cells.
    min_seed_area_px
        Smaller patches of `core` count only where their patch of foreground has no larger one.
    min_pass_depth
        Two cells are joined again where the way over the highest pass between them falls by no more than this from
        the lower of their two summits: a narrow neck is no wall.

    Returns
    -------
    LabelImage
        Each cell is one 8-connected region; numbers have gaps.
    """
    patches, n_patches = ndi.label(foreground, EIGHT_NEIGHBOURS)
    seeds, n_seeds = ndi.label(core & foreground, EIGHT_NEIGHBOURS)
    patch_of_seed = _patch_of_each_seed(seeds, n_seeds, patches, min_seed_area_px)
    n_in_patch = np.bincount(patch_of_seed, minlength=n_patches + 1)
    n_in_patch[0] = 0
    labels = np.where(n_in_patch > 0, np.arange(n_patches + 1), 0).astype(np.int32)[patches]
    boxes = ndi.find_objects(patches)
    # Only patches of several cells are flooded: elsewhere the patch is the cell.
    n_cells = n_patches
    for patch in np.flatnonzero(n_in_patch > 1):
        box = boxes[patch - 1]
        mask = patches[box] == patch
        own_seeds = np.flatnonzero(patch_of_seed == patch)
        number = np.zeros(n_seeds + 1, dtype=np.int32)
        number[own_seeds] = np.arange(1, own_seeds.size + 1)
        cells = _flood(number[seeds[box]], -height[box], mask)
        if min_pass_depth > 0:
            # Summits are looked for above zero.
            cells = merge_shallow_basins(cells, height[box] - height[box].min(), min_pass_depth)
        np.copyto(labels[box], cells + np.int32(n_cells), where=mask)
        n_cells += own_seeds.size
    return np.asarray(labels)


def flood_from_seeds(foreground: Mask, seeds: LabelImage, height: NDArray[np.float32]) -> LabelImage:
    """Return the cells that `seeds` ``(Y, X)`` grow to over `foreground`, by watershed; they keep their numbers.

    `height` is low along the walls between cells. A patch of foreground without a seed is no cell.
    """
    return _flood(np.where(foreground, seeds, 0).astype(np.int32), -height, foreground)


def _patch_of_each_seed(
    seeds: NDArray[np.int32], n_seeds: int, patches: NDArray[np.int32], min_area_px: int
) -> NDArray[np.int64]:
    """Return the patch that each seed lies in, 0 for seeds that do not count because they are too small."""
    pixels = np.flatnonzero(seeds)
    values = seeds.ravel()[pixels]
    patch = np.zeros(n_seeds + 1, dtype=np.int64)
    patch[values] = patches.ravel()[pixels]
    areas = np.bincount(values, minlength=n_seeds + 1)
    largest = np.zeros(int(patch.max()) + 1, dtype=np.int64)
    np.maximum.at(largest, patch, areas)
    return np.where(areas >= np.minimum(min_area_px, largest[patch]), patch, 0)


def _flood(seeds: LabelImage, relief: NDArray[np.float32], mask: Mask) -> LabelImage:
    """Return `seeds` grown over `mask` by watershed on `relief`, their insides left out of the queue."""
    inside = seeds > 0
    open_pixels = mask & ~inside
    rim = inside & ndi.binary_dilation(open_pixels, EIGHT_NEIGHBOURS)
    grown = watershed(relief, np.where(rim, seeds, 0), mask=open_pixels | rim, connectivity=2)
    return np.asarray(np.where(inside, seeds, grown), dtype=np.int32)
