"""Contrast stretching to 8 bits, the same for all frames of a movie."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import Image, Movie

_FRAMES_LOOKED_AT = 8
_PIXELS_LOOKED_AT = 100_000
_LOW_PERCENT, _HIGH_PERCENT = 0.2, 99.8


@dataclass(frozen=True)
class Contrast:
    """Grey values shown as black and as white; what lies between is stretched, what lies outside is clipped."""

    black: float
    white: float

    @classmethod
    def of(
        cls, movie: Movie, *, low_percent: float = _LOW_PERCENT, high_percent: float = _HIGH_PERCENT
    ) -> Contrast:
        """Return the contrast that suits `movie`: percentiles over a sample of its frames and pixels.

        Undefined pixels (NaN, infinite) are left out. A constant movie is shown mid-grey.
        """
        samples = [_sample(movie.frame(index)) for index in evenly_spaced(movie.n_frames, _FRAMES_LOOKED_AT)]
        return cls._between(np.concatenate(samples), low_percent, high_percent)

    @classmethod
    def of_frame(cls, frame: Image) -> Contrast:
        """Return the contrast that suits a single frame, as :meth:`of` does for a movie."""
        return cls._between(_sample(frame), _LOW_PERCENT, _HIGH_PERCENT)

    @classmethod
    def _between(cls, values: NDArray[np.float64], low_percent: float, high_percent: float) -> Contrast:
        if not len(values):
            return cls(0.0, 1.0)
        black, white = np.percentile(values, [low_percent, high_percent])
        if black == white:
            return cls(float(black) - 0.5, float(white) + 0.5)
        return cls(float(black), float(white))

    def apply(self, frame: Image) -> NDArray[np.uint8]:
        """Return `frame` ``(Y, X)`` as 8-bit grey; undefined pixels are black."""
        # A table over all grey values is much quicker than arithmetic on every pixel.
        if frame.dtype == np.uint8 or frame.dtype == np.uint16:
            table = self._stretch(np.arange(np.iinfo(frame.dtype).max + 1, dtype=np.float32))
            return np.asarray(table[frame])
        return self._stretch(frame.astype(np.float32))

    def _stretch(self, values: NDArray[np.float32]) -> NDArray[np.uint8]:
        scaled = (values - np.float32(self.black)) * np.float32(255.0 / (self.white - self.black))
        return np.asarray(np.clip(np.nan_to_num(scaled, nan=0.0), 0.0, 255.0).round(), dtype=np.uint8)


def evenly_spaced(n_frames: int, most: int) -> list[int]:
    """Return at most `most` of the frames 0 to ``n_frames - 1``, evenly spaced, with the first and the last.

    >>> evenly_spaced(5, 10), evenly_spaced(9, 3), evenly_spaced(9, 1)
    ([0, 1, 2, 3, 4], [0, 4, 8], [0])
    """
    if n_frames <= most:
        return list(range(n_frames))
    return [int(index) for index in np.linspace(0, n_frames - 1, most).round()]


def _sample(frame: Image) -> NDArray[np.float64]:
    every = max(1, frame.size // _PIXELS_LOOKED_AT)
    # An odd step, so that the sample does not run down a column of a frame whose width is a power of two.
    values = frame.ravel()[:: every | 1].astype(np.float64)
    return values[np.isfinite(values)]
