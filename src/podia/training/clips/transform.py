"""Geometric transform of a frame, as a map to the original position of each pixel.

A patch of the transformed frame can then be computed alone: the result equals transforming the frame and cropping it
afterwards (Gómez-de-Mariscal et al. 2021), at the cost of the patch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.training.clips.config import AugmentationConfig

_SPLINE_SPREAD = 0.479
"""Standard deviation of a bicubic B-spline whose coefficients have 1: mean of sum(w^2) over positions in 1-D."""


@dataclass(frozen=True)
class FrameTransform:
    """Positions in the original frame of the pixels of the transformed frame.

    ``original = matrix @ (changed - changed_centre) + centre + bending(changed)``, coordinates (y, x) of pixel
    centres, from 0.

    Parameters
    ----------
    matrix
        ``(2, 2)``, original pixels per transformed pixel.
    centre
        ``(2,)``, position of the centre of the transformed frame in the original.
    frame_shape
        Size ``(Y, X)`` of the transformed frame.
    bending
        ``(2, K, L)`` coefficients of a cubic B-spline, `spacing_px` transformed pixels apart; None for no bending.
    """

    matrix: NDArray[np.float64]
    centre: NDArray[np.float64]
    frame_shape: tuple[int, int]
    bending: NDArray[np.float64] | None = None
    spacing_px: float = 1.0

    def coordinates(self, y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return original y and x, ``(2, Y, X)``, of the transformed frame's pixels in rows `y` and columns `x`."""
        down = (y - (self.frame_shape[0] - 1) / 2)[:, None]
        right = (x - (self.frame_shape[1] - 1) / 2)[None, :]
        coordinates = np.empty((2, len(y), len(x)))
        for axis in range(2):
            (per_row, per_column), middle = self.matrix[axis], self.centre[axis]
            coordinates[axis] = (per_row * down + middle) + per_column * right
        if self.bending is not None:
            rows = _spline_weights(y / self.spacing_px, self.bending.shape[1])
            columns = _spline_weights(x / self.spacing_px, self.bending.shape[2])
            coordinates += rows @ self.bending @ columns.T
        return coordinates


def draw_transform(
    rng: np.random.Generator, shape: tuple[int, int], config: AugmentationConfig, *, scale: float = 1.0
) -> FrameTransform:
    """Draw a random transform for frames of size `shape` ``(Y, X)``.

    `scale` is the number of transformed pixels per original pixel, without the random zoom: the ratio of the movie's
    pixel size to that of the network.
    """
    changed_shape = scaled_shape(shape, scale)
    draws = rng.uniform(-1, 1, size=5)
    flips = rng.random(2) < 0.5
    n_turns = int(rng.integers(4)) if config.quarter_turns else 0
    angle = np.deg2rad(config.rotation_deg) * draws[0]
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    shear = np.array([[1.0, 0.0], [config.shear * draws[1], 1.0]])
    # Zooms of a and of 1/a are equally likely.
    zoom = (1 + config.zoom) ** draws[2]
    flip = np.diag(
        [
            -1.0 if config.vertical_flip and flips[0] else 1.0,
            -1.0 if config.horizontal_flip and flips[1] else 1.0,
        ]
    )
    quarter = np.linalg.matrix_power(np.array([[0, -1], [1, 0]]), n_turns).astype(np.float64)
    matrix = (turn @ shear @ flip @ quarter) / (zoom * scale)
    size = np.asarray(shape, dtype=np.float64)
    centre = (size - 1) / 2 + config.shift * draws[3:] * size
    if n_turns % 2:
        changed_shape = changed_shape[::-1]
    bending = _draw_bending(rng, changed_shape, config) / scale if config.elastic_px else None
    return FrameTransform(matrix, centre, changed_shape, bending, config.elastic_spacing_px)


def scaled_shape(shape: tuple[int, int], scale: float) -> tuple[int, int]:
    """Return the size of a frame of size `shape` after scaling, at least one pixel."""
    return max(1, round(shape[0] * scale)), max(1, round(shape[1] * scale))


def _draw_bending(
    rng: np.random.Generator, shape: tuple[int, int], config: AugmentationConfig
) -> NDArray[np.float64]:
    rows, columns = (int(np.ceil(n / config.elastic_spacing_px)) + 3 for n in shape)
    return rng.normal(0, config.elastic_px / _SPLINE_SPREAD, size=(2, rows, columns))


def _spline_weights(positions: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """Return ``(len(positions), n)``, the weight of coefficient k - 1 at each position in units of their spacing."""
    distance = np.abs(positions[:, None] - (np.arange(n) - 1))
    near = 2 / 3 - distance**2 + distance**3 / 2
    far = np.clip(2 - distance, 0, None) ** 3 / 6
    return np.where(distance < 1, near, far)
