"""Blob detection: cells of a given size, without training.

The background is subtracted, the image is filtered with a Laplacian of Gaussian of the size of a cell, and each local
maximum above a threshold is a cell. The threshold is derived from the maxima.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi
from skimage.filters import threshold_triangle

from podia.data.calibration import Calibration
from podia.data.finite import require_finite
from podia.data.movie import Image
from podia.labels.spot_detection import find_spots
from podia.segmentation.config import BlobConfig

_LOWEST = 1e-3
"""Fraction of the highest maximum below which maxima are ignored."""


def find_blobs(
    image: Image, config: BlobConfig | None = None, calibration: Calibration | None = None
) -> NDArray[np.float64]:
    """Return positions and qualities ``(N, 3)``: y, x in px and response, ordered by y, then x.

    The response is that of a Laplacian of Gaussian, normalised by its scale, in grey values. A constant image has no
    blobs. An image of pure noise has some, because the threshold is relative to the maxima.

    Parameters
    ----------
    image
        Grey values ``(Y, X)``.
    config
        Size and polarity of cells, and the threshold. Default: the default settings.
    calibration
        Converts lengths to pixels.

    Raises
    ------
    InvalidInputError
        If grey values are not finite.

    Examples
    --------
    >>> yy, xx = np.mgrid[:60, :60]
    >>> spot = 100 + 50 * np.exp(-((yy - 20.5) ** 2 + (xx - 40) ** 2) / 50)
    >>> find_blobs(spot, BlobConfig(cell_diameter="20 px", cells="bright"))[:, :2].round(1).tolist()
    [[20.5, 40.0]]
    """
    config = config or BlobConfig()
    require_finite(image, "The image")
    diameter = config.cell_diameter.in_px(calibration)
    response = blob_response(image, diameter, config)
    highest = float(response.max())
    # Rounding errors leave small values in a constant image.
    if highest <= 1e-6 * max(1.0, float(np.abs(image).max())):
        return np.empty((0, 3))
    heights = np.maximum(response / highest, 0.0).astype(np.float32)
    distance_px = max(1.0, config.min_distance_diameters * diameter)
    found = find_spots(heights, threshold=_LOWEST, distance_px=distance_px)
    found[:, 2] *= highest
    return found[found[:, 2] >= _threshold(found[:, 2], config)]


def blob_response(image: Image, diameter_px: float, config: BlobConfig) -> NDArray[np.float64]:
    """Return the blob response of each pixel, ``(Y, X)``, in grey values.

    ``-sigma^2 laplace(G_sigma * v)``, largest in the middle of a disc of radius ``sqrt(2) sigma`` (Lindeberg,
    International Journal of Computer Vision 30 (1998) 79-116); ``v`` are the grey values above the background, below
    it, or their distance from it.
    """
    grey = image.astype(np.float64)
    background = ndi.gaussian_filter(grey, config.background_diameters * diameter_px, mode="nearest")
    above = grey - background
    values = {"bright": above, "dark": -above, "both": np.abs(above)}[config.cells]
    sigma = max(diameter_px / (2 * np.sqrt(2)), 0.5)
    response: NDArray[np.float64] = -(sigma**2) * ndi.gaussian_laplace(values, sigma, mode="nearest")
    return response


def _threshold(quality: NDArray[np.float64], config: BlobConfig) -> float:
    """Return the minimum quality of a cell."""
    if config.min_quality is not None:
        return config.min_quality
    if len(quality) < 2 or quality.min() == quality.max():
        return 0.0
    if config.threshold == "otsu":
        return _otsu(quality)
    # The triangle threshold is exclusive.
    return float(np.nextafter(threshold_triangle(quality), np.inf))


def _otsu(values: NDArray[np.float64]) -> float:
    """Return the threshold that maximises the variance between the two groups of `values`, in the middle of their gap.

    Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9 (1979) 62-66, on the values themselves: there are few
    maxima, and a histogram would be mostly empty.
    """
    ascending = np.sort(values)
    below = np.arange(1, len(values))
    sums = np.cumsum(ascending)
    apart = (sums[-1] - sums[:-1]) / (len(values) - below) - sums[:-1] / below
    last = int(np.argmax(below * (len(values) - below) * apart**2))
    return float((ascending[last] + ascending[last + 1]) / 2)
