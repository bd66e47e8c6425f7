"""Illumination correction with a smooth background."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.errors import InvalidInputError
from podia.data.movie import Image, Movie
from podia.preprocessing.config import IlluminationConfig

_BLOCKS_PER_SCALE = 8
"""Ratio of the background scale to the block size on which it is computed, which is much faster."""


def correct_illumination(movie: Movie, config: IlluminationConfig | None = None) -> Movie:
    """Return `movie` as float32 with even illumination; the mean background keeps its grey value.

    The background is the movie, or each frame, smoothed with a Gaussian of ``scale``. With ``scope="movie"``, it is
    the median over sampled frames, which removes moving cells; these frames are read immediately, one at a time.
    Frames are corrected when they are read.

    Raises
    ------
    InvalidInputError
        With ``method="divide"``, if the background is not positive.
    """
    config = config or IlluminationConfig()
    scale_px = config.scale.in_px(movie.calibration)
    background = _movie_background(movie, config, scale_px) if config.scope == "movie" else None
    return movie.map_frames(_Correction(config.method, scale_px, background), dtype=np.float32)


@dataclass(frozen=True)
class _Correction:
    """Corrects a frame; a class, so that the movie can be pickled."""

    method: str
    scale_px: float
    background: NDArray[np.float32] | None

    def __call__(self, frame: int, image: Image) -> NDArray[np.float32]:
        """Return `image` ``(Y, X)`` with even illumination."""
        coarse = self.background
        if coarse is None:
            coarse = _smooth(_block_means(image, self.scale_px), self.scale_px)
        background = _enlarge(coarse, image.shape, _block(self.scale_px))
        level = np.float32(background.mean(dtype=np.float64))
        if self.method == "subtract":
            return np.asarray(image.astype(np.float32) - background + level)
        if background.min() <= 0:
            raise InvalidInputError(
                f"The background of frame {frame} has a minimum of {background.min():g}, but division needs a "
                f"positive background. Use the original grey values of the camera, or method 'subtract'."
            )
        return np.asarray(image.astype(np.float32) * (level / background))


def _movie_background(movie: Movie, config: IlluminationConfig, scale_px: float) -> NDArray[np.float32]:
    """Return the smoothed median of evenly sampled frames, in blocks."""
    n_sampled = min(config.n_sampled_frames, movie.n_frames)
    sampled = np.unique(np.linspace(0, movie.n_frames - 1, n_sampled).round().astype(int))
    blocks = [_block_means(movie.frame(int(index)), scale_px) for index in sampled]
    return _smooth(np.median(np.stack(blocks), axis=0).astype(np.float32), scale_px)


def _block(scale_px: float) -> int:
    return max(1, int(scale_px / _BLOCKS_PER_SCALE))


def _block_means(image: Image, scale_px: float) -> NDArray[np.float32]:
    """Return means over square blocks of pixels; the last ones may be cut by the frame edge."""
    block = _block(scale_px)
    starts = [np.arange(0, length, block) for length in image.shape]
    sums = np.add.reduceat(image.astype(np.float32), starts[0], axis=0)
    sums = np.add.reduceat(sums, starts[1], axis=1)
    heights, widths = (np.diff(np.append(s, n)) for s, n in zip(starts, image.shape, strict=True))
    return np.asarray(sums / np.outer(heights, widths), dtype=np.float32)


def _smooth(blocks: NDArray[np.float32], scale_px: float) -> NDArray[np.float32]:
    return np.asarray(ndi.gaussian_filter(blocks, scale_px / _block(scale_px), mode="nearest"))


def _enlarge(blocks: NDArray[np.float32], shape: tuple[int, ...], block: int) -> NDArray[np.float32]:
    """Return `blocks` interpolated linearly to the size of a frame."""
    for axis, length in enumerate(shape):
        position = np.clip((np.arange(length) + 0.5) / block - 0.5, 0, blocks.shape[axis] - 1)
        left = np.floor(position).astype(int)
        right = np.minimum(left + 1, blocks.shape[axis] - 1)
        share = (position - left).astype(np.float32)
        share = share[:, None] if axis == 0 else share[None, :]
        blocks = blocks.take(left, axis=axis) * (1 - share) + blocks.take(right, axis=axis) * share
    return blocks
