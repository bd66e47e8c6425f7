"""Images of masks as in phase contrast: dark, grainy cells with a bright halo on a grey ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

BACKGROUND = 120.0


def phase_contrast(
    cells: NDArray[np.bool_], *, halo_px: float = 3.0, halo: float = 60.0, noise: float = 1.0, seed: int = 0
) -> NDArray[np.uint8]:
    """Return an image of grainy, dark `cells` with a bright halo.

    The halo is brightest 1 px outside the cells, by `halo` grey values, and fades over `halo_px`.
    """
    rng = np.random.default_rng(seed)
    outside = ndi.distance_transform_edt(~cells)
    grain = ndi.gaussian_filter(rng.normal(size=cells.shape), 1.0)
    image = np.full(cells.shape, BACKGROUND) + halo * np.exp(-(((outside - 1) / halo_px) ** 2)) * (
        outside > 0
    )
    image[cells] = BACKGROUND - 25 + 12 * (grain / grain.std())[cells]
    image += rng.normal(0, noise, cells.shape)
    return np.asarray(np.clip(image.round(), 0, 255), np.uint8)


def faint_phase_contrast(cells: NDArray[np.bool_], *, seed: int = 0) -> NDArray[np.uint8]:
    """Return an image of `cells` with so faint a halo that EGT and PHANTAST find the outlines of small ones."""
    return phase_contrast(cells, halo=15.0, halo_px=1.5, seed=seed)
