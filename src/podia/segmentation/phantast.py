"""PHANTAST: foreground where the local contrast is high.

Jaccard et al., "Automated method for the rapid and precise estimation of adherent cell culture characteristics from
phase contrast microscopy images", Biotechnology and Bioengineering 111 (2014) 504-517. Cells have
texture, the medium has none. The blur of the window and the bright halo around cells are removed afterwards
(:mod:`podia.segmentation.halo`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.movie import Image
from podia.labels.foreground import Mask, fill_holes, remove_small_objects
from podia.segmentation.config import PhantastConfig
from podia.segmentation.halo import correct_halo


def phantast_foreground(
    image: Image, config: PhantastConfig | None = None, calibration: Calibration | None = None
) -> Mask:
    """Return the foreground of `image` ``(Y, X)``: pixels whose local contrast exceeds `epsilon`.

    A constant image has none. Grey values may be scaled without changing the result, but not offset: contrast is
    relative to the local mean.

    Raises
    ------
    InvalidInputError
        If there are negative grey values, for which contrast is undefined.
    """
    config = config or PhantastConfig()
    calibration = calibration or Calibration()
    area_scale = (1.0 / calibration.length_per_px) ** 2
    mask = local_contrast(image, max(config.sigma.in_px(calibration), 1.0)) > config.epsilon
    mask = remove_small_objects(mask, config.min_object_area_um2 * area_scale)
    mask = fill_holes(mask, config.max_hole_area_um2 * area_scale)
    return correct_halo(image, mask, config.halo, calibration) if config.halo.enabled else mask


def local_contrast(image: Image, sigma_px: float) -> NDArray[np.float32]:
    """Return the standard deviation over the mean in a Gaussian window, ``(Y, X)``; 0 where the mean is 0.

    Jaccard et al. 2014, equation 1.

    Raises
    ------
    InvalidInputError
        If there are negative grey values.
    """
    lowest = float(image.min())
    if lowest < 0:
        raise InvalidInputError(
            f"PHANTAST needs grey values of 0 and above, found {lowest:g}: contrast is relative to the mean. "
            f"Use the original grey values of the camera, or the method 'egt'."
        )
    overall = np.float32(image.mean(dtype=np.float64))
    # Subtract the mean first, so that squares are accurate in single precision.
    centred = image.astype(np.float32) - overall
    mean = ndi.gaussian_filter(centred, sigma_px, mode="nearest")
    variance = ndi.gaussian_filter(centred * centred, sigma_px, mode="nearest") - mean * mean
    deviation = np.sqrt(np.maximum(variance, 0.0))
    level = mean + overall
    return np.asarray(np.divide(deviation, level, out=np.zeros_like(deviation), where=level > 0))
