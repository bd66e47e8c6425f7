"""Small phase-contrast-like images: dark, grainy cells with a bright halo on a grey ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

BACKGROUND = 120.0


def disc(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> NDArray[np.bool_]:
    """Return the mask of a disc in an image of `shape`; `centre` is ``(y, x)``."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2)


def phase_contrast(
    cells: NDArray[np.bool_], *, halo_px: float = 3.0, noise: float = 1.0, seed: int = 0
) -> NDArray[np.uint8]:
    """Return an image of grainy, dark `cells`; the halo is brightest 1 px outside them and fades over `halo_px`."""
    rng = np.random.default_rng(seed)
    outside = ndi.distance_transform_edt(~cells)
    grain = ndi.gaussian_filter(rng.normal(size=cells.shape), 1.0)
    image = np.full(cells.shape, BACKGROUND) + 60 * np.exp(-(((outside - 1) / halo_px) ** 2)) * (outside > 0)
    image[cells] = BACKGROUND - 25 + 12 * (grain / grain.std())[cells]
    image += rng.normal(0, noise, cells.shape)
    return np.asarray(np.clip(image.round(), 0, 255), np.uint8)


def iou(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Return the intersection of two masks over their union."""
    return float((found & truth).sum() / (found | truth).sum())
