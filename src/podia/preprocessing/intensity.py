"""Grey values brought to a common range by percentiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError
from podia.data.movie import Image, Movie
from podia.data.progress import Progress, silent
from podia.preprocessing.config import IntensityConfig

_N_BINS = 65_536


def intensity_range(
    movie: Movie, config: IntensityConfig | None = None, progress: Progress = silent
) -> tuple[float, float]:
    """Return the movie's low and high percentile, in grey values.

    Frames are read one at a time. 8 and 16 bit movies are read once and the result equals
    :func:`numpy.percentile` over all pixels. Others are read twice, and the result is within 1/65536 of the
    range between the movie's extremes.

    Raises
    ------
    InvalidInputError
        If a frame holds NaN or infinite values, naming it.
    """
    config = config or IntensityConfig()
    if np.issubdtype(movie.dtype, np.integer) and movie.dtype.itemsize <= 2:
        first = int(np.iinfo(movie.dtype).min)
        histogram = np.zeros(int(np.iinfo(movie.dtype).max) - first + 1, dtype=np.int64)
        for index, frame in enumerate(movie):
            histogram += np.bincount(frame.ravel().astype(np.int64) - first, minlength=histogram.size)
            progress("intensity range", index + 1, movie.n_frames)
        values = np.arange(histogram.size, dtype=np.float64) + first
    else:
        values, histogram = _binned(movie, progress)
    low, high = (_percentile(values, histogram, p) for p in (config.low_percentile, config.high_percentile))
    return low, high


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
            _require_finite(image, frame)
            low, high = np.percentile(image, percentiles)
        else:
            low, high = self.value_range
        if high <= low:
            return np.zeros(image.shape, dtype=np.float32)
        return np.asarray((image.astype(np.float32) - np.float32(low)) / np.float32(high - low))


def _binned(movie: Movie, progress: Progress) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return bin centres and counts over the range of all grey values, reading the movie twice."""
    lowest, highest = np.inf, -np.inf
    for index, frame in enumerate(movie):
        _require_finite(frame, index)
        lowest, highest = min(lowest, float(frame.min())), max(highest, float(frame.max()))
        progress("intensity extremes", index + 1, movie.n_frames)
    if lowest == highest:
        return np.array([lowest]), np.array([1])
    histogram = np.zeros(_N_BINS, dtype=np.int64)
    per_grey_value = (_N_BINS - 1) / (highest - lowest)
    for index, frame in enumerate(movie):
        bins = np.rint((frame.ravel().astype(np.float64) - lowest) * per_grey_value).astype(np.int64)
        histogram += np.bincount(bins, minlength=_N_BINS)
        progress("intensity range", index + 1, movie.n_frames)
    return np.linspace(lowest, highest, _N_BINS), histogram


def _percentile(values: NDArray[np.float64], histogram: NDArray[np.int64], percentile: float) -> float:
    """Return a percentile of the values counted in `histogram`, between ranks as numpy does by default."""
    counted = np.cumsum(histogram)
    rank = percentile / 100.0 * (int(counted[-1]) - 1)
    below, above = (
        values[np.searchsorted(counted, whole, side="right")] for whole in (np.floor(rank), np.ceil(rank))
    )
    return float(below + (above - below) * (rank - np.floor(rank)))


def _require_finite(image: NDArray[Any], frame: int) -> None:
    if not np.isfinite(image).all():
        raise InvalidInputError(
            f"Frame {frame} holds NaN or infinite values; grey values must be finite. "
            f"Replace them before the run."
        )
