"""Grey value scaling of network inputs."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import Image

GREY_LIMIT = 3.0
"""Values outside (dust, hot pixels) are clipped, because batch norm has not seen such values."""


def scale_grey(image: Image, low: float, high: float) -> NDArray[np.float32]:
    """Return `image` ``(Y, X)`` with `low` at -1 and `high` at 1, clipped to [-3, 3]; zeros if `low` equals `high`.

    `low` and `high` are the movie's 0.1 and 99.1 percentiles in grey values. MobileNetV2 was trained on the range [-1,
    1].
    """
    if high <= low:
        return np.zeros(image.shape, dtype=np.float32)
    scale = np.float32(2.0 / (high - low))
    scaled: NDArray[np.float32] = (image.astype(np.float32) - np.float32(low)) * scale - np.float32(1.0)
    return scaled.clip(-GREY_LIMIT, GREY_LIMIT)
