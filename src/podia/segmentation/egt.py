"""Empirical gradient threshold (EGT): foreground where the gradient is steep.

Chalfoun et al., "Empirical gradient threshold technique for automated segmentation across image modalities and
cell lines", Journal of Microscopy 260 (2015) 86-99, and the program that NIST published with it. The threshold is
a percentile of the gradient magnitude, chosen from the histogram of magnitudes: the larger the fraction well above the
mode (the noise of the background), the larger the fraction of cells in the frame, and the lower the percentile.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.calibration import Calibration
from podia.data.movie import Image
from podia.labels.foreground import Mask, fill_holes, remove_small_objects
from podia.segmentation.config import EgtConfig
from podia.segmentation.halo import correct_halo

# Constants of the NIST program, which were fitted to its reference data.
_N_BINS = 1000
_MODES = 3
_LOWER_BOUND_MODES = 3
_UPPER_BOUND_MODES = 18
_TAIL_OF_PEAK = 0.05
_SPARSE, _DENSE = (3.0, 95.0), (42.0, 40.0)
_PERCENTILE_RANGE = (25.0, 98.0)


def egt_foreground(
    image: Image, config: EgtConfig | None = None, calibration: Calibration | None = None
) -> Mask:
    """Return the foreground of `image` ``(Y, X)``: pixels whose gradient exceeds the empirical threshold.

    A constant image has none. Grey values may be scaled and offset without changing the result.
    """
    config = config or EgtConfig()
    calibration = calibration or Calibration()
    area_scale = (1.0 / calibration.length_per_px) ** 2
    smoothed = image.astype(np.float32)
    if sigma := config.smoothing.in_px(calibration):
        smoothed = ndi.gaussian_filter(smoothed, sigma, mode="nearest")
    gradient = np.hypot(ndi.sobel(smoothed, 0, mode="nearest"), ndi.sobel(smoothed, 1, mode="nearest"))
    slopes = gradient[gradient > 0]
    if slopes.size == 0 or slopes.min() == slopes.max():
        return np.zeros(image.shape, dtype=bool)
    percentile = np.clip(gradient_percentile(slopes) - config.greedy, 1.0, 100.0)
    mask = gradient > np.percentile(slopes, percentile)
    mask = remove_small_objects(mask, config.min_object_area_um2 * area_scale)
    mask = fill_holes(mask, config.max_hole_area_um2 * area_scale)
    # The Sobel operator widens each edge by one pixel.
    mask = ndi.binary_erosion(mask, border_value=1)
    return correct_halo(image, mask, config.halo, calibration) if config.halo.enabled else mask


def gradient_percentile(slopes: NDArray[np.float32]) -> float:
    """Return the percentile of the (positive) gradient magnitudes that separates background from cells, 25 to 98.

    The percentage of magnitudes between 3 and at least 18 times the mode is mapped to the percentile by a straight line
    through (3, 95) and (42, 40).
    """
    lowest, highest = float(slopes.min()), float(slopes.max())
    bins = np.rint((slopes - lowest) * (_N_BINS / (highest - lowest))).astype(np.int64)
    share = np.bincount(bins, minlength=_N_BINS + 1) * (100.0 / slopes.size)
    # Bins are counted from 1, as in the published program, because their number is multiplied.
    mode = _round(float(np.mean(np.argsort(-share, kind="stable")[:_MODES] + 1)))
    beyond_peak = np.flatnonzero(share[mode - 1 :] < _TAIL_OF_PEAK * share.max())
    end_of_peak = mode + int(beyond_peak[0]) if beyond_peak.size else share.size
    lower = min(_LOWER_BOUND_MODES * mode, share.size)
    upper = min(max(end_of_peak, _UPPER_BOUND_MODES * mode), share.size)
    density = float(share[lower - 1 : upper].sum())
    slope = (_SPARSE[1] - _DENSE[1]) / (_SPARSE[0] - _DENSE[0])
    percentile = _SPARSE[1] + slope * (density - _SPARSE[0])
    return float(np.clip(_round(percentile), *_PERCENTILE_RANGE))


def _round(value: float) -> int:
    """Round to the nearest integer, halves up (Python rounds halves to even)."""
    return int(np.floor(value + 0.5))
