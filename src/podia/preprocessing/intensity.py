"""Grey values brought to a common range by percentiles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.data.grey_range import grey_range, require_finite
from podia.data.movie import Image, Movie
from podia.data.progress import Progress, silent
from podia.preprocessing.config import IntensityConfig


def intensity_range(
    movie: Movie, config: IntensityConfig | None = None, progress: Progress = silent
) -> tuple[float, float]:
    """Return the movie's low and high percentile, in grey values.

    See :func:`podia.data.grey_range.grey_range`, which says how exact it is and what it raises.
    """
    config = config or IntensityConfig()
    return grey_range(movie, (config.low_percentile, config.high_percentile), progress)


def normalise(
    movie: Movie,
    config: IntensityConfig | None = None,
    *,
    value_range: tuple[float, float] | None = None,
    progress: Progress = silent,
) -> Movie:
    """Return `movie` as float32 with the low percentile at 0 and the high one at 1, not clipped.

    With ``scope="movie"`` one range holds for all frames: `value_range`, where it is known already, else that of
    :func:`intensity_range`, which reads the movie. A frame (or movie) whose percentiles coincide becomes zeros.
    """
    config = config or IntensityConfig()
    if config.scope == "movie" and value_range is None:
        value_range = intensity_range(movie, config, progress)
    fixed = value_range if config.scope == "movie" else None
    return movie.map_frames(_Normalisation(config, fixed), dtype=np.float32)


@dataclass(frozen=True)
class _Normalisation:
    """Maps a frame's grey values; a class, so that the movie can be pickled."""

    config: IntensityConfig
    value_range: tuple[float, float] | None

    def __call__(self, frame: int, image: Image) -> NDArray[np.float32]:
        """Return `image` with the low end of the range at 0 and the high one at 1."""
        if self.value_range is None:
            percentiles = [self.config.low_percentile, self.config.high_percentile]
            require_finite(image, frame)
            low, high = np.percentile(image, percentiles)
        else:
            low, high = self.value_range
        if high <= low:
            return np.zeros(image.shape, dtype=np.float32)
        return np.asarray((image.astype(np.float32) - np.float32(low)) / np.float32(high - low))
