"""Grey range of a whole movie, which several stages use like its calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.data.finite import require_finite
from podia.data.movie import Movie
from podia.data.progress import Progress, silent

GREY_PERCENTILES = (0.1, 99.1)
"""Percentiles of a whole movie that define its grey range (Gómez-de-Mariscal et al. 2021)."""

_N_BINS = 65_536


def grey_range(
    movie: Movie, percentiles: tuple[float, float] = GREY_PERCENTILES, progress: Progress = silent
) -> tuple[float, float]:
    """Return the movie's low and high percentile, in grey values.

    Frames are read one at a time. 8 and 16 bit movies are read once and the result equals
    :func:`numpy.percentile` over all pixels. Others are read twice, and the result is within 1/65536 of the
    range between the movie's extremes.

    Raises
    ------
    InvalidInputError
        If a frame contains NaN or infinite values.

    Examples
    --------
    >>> grey_range(Movie.from_array(np.arange(101, dtype=np.uint8).reshape(1, 1, 101)), (10.0, 99.5))
    (10.0, 99.5)
    """
    if np.issubdtype(movie.dtype, np.integer) and movie.dtype.itemsize <= 2:
        first = int(np.iinfo(movie.dtype).min)
        histogram = np.zeros(int(np.iinfo(movie.dtype).max) - first + 1, dtype=np.int64)
        for index, frame in enumerate(movie):
            histogram += np.bincount(frame.ravel().astype(np.int64) - first, minlength=histogram.size)
            progress("intensity range", index + 1, movie.n_frames)
        values = np.arange(histogram.size, dtype=np.float64) + first
    else:
        values, histogram = _binned(movie, progress)
    low, high = (_percentile(values, histogram, percentile) for percentile in percentiles)
    return low, high


def _binned(movie: Movie, progress: Progress) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return bin centres and counts over the range of all grey values, reading the movie twice."""
    lowest, highest = np.inf, -np.inf
    for index, frame in enumerate(movie):
        require_finite(frame, f"Frame {index} of '{movie.name}'")
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
    """Return a percentile of the values counted in `histogram`, interpolated between ranks as NumPy does by default."""
    counted = np.cumsum(histogram)
    rank = percentile / 100.0 * (int(counted[-1]) - 1)
    below, above = (
        values[np.searchsorted(counted, whole, side="right")] for whole in (np.floor(rank), np.ceil(rank))
    )
    return float(below + (above - below) * (rank - np.floor(rank)))
