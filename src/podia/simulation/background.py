"""Static background of simulated movies: fibres, mottle and debris, which move only with the stage."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import fft, ndimage

from podia.simulation.config import SimulationConfig
from podia.simulation.optics import ComplexImage, image_of, scattered, transfer
from podia.simulation.scene import Scene
from podia.simulation.streams import generator_of

Array = NDArray[np.float64]

_MARGIN_PX = 16
"""Margin of the canvas beyond the field of view, which hides the wrap-around of Fourier shifts."""
_FIBRE_LAYERS = ((0.8, 0.018), (1.6, 0.018), (3.5, 0.025))
"""Blur in px and phase in rad of fibres in and out of focus."""
_PX2_PER_FIBRE = 7000.0
_FIBRE_STEPS = 400
_FIBRE_STEP_PX = 0.5
_FIBRE_WANDER_RAD = 0.035
_MOTTLE = ((1.2, 0.012), (5.0, 0.010))
_DEBRIS_RADIUS_PX = 1.1
_DEBRIS_RAD = 0.7


def background_field(scene: Scene, frame: int) -> ComplexImage:
    """Return the light scattered by the background, ``(Y, X)``, with the exact shift of the stage.

    The canvas is shifted by phase factors in Fourier space, which is exact for any fraction of a pixel.
    """
    size = scene.config.size_px
    low, canvas_shape = _canvas_extent(scene)
    offset = -(scene.shifts[frame] + low)
    spectrum = _canvas_spectrum(scene.config, canvas_shape)
    y = np.exp(2j * np.pi * fft.fftfreq(canvas_shape[0]) * offset[0]).astype(np.complex64)
    x = np.exp(2j * np.pi * fft.fftfreq(canvas_shape[1]) * offset[1]).astype(np.complex64)
    return image_of(spectrum * y[:, None] * x[None, :])[:size, :size]


def _canvas_extent(scene: Scene) -> tuple[NDArray[np.int64], tuple[int, int]]:
    """Return the first position of the canvas on the stage, and its size."""
    low = np.floor(-scene.shifts.max(axis=0)).astype(np.int64) - _MARGIN_PX
    high = np.ceil(scene.config.size_px - scene.shifts.min(axis=0)).astype(np.int64) + _MARGIN_PX
    y, x = (int(fft.next_fast_len(int(length))) for length in high - low)
    return low, (y, x)


@lru_cache(maxsize=1)
def _canvas_spectrum(config: SimulationConfig, shape: tuple[int, int]) -> ComplexImage:
    """Return the Fourier transform of the canvas, cached for the movie that is being read."""
    phase = _fibres(shape, config) + _mottle(shape, config) + _debris(shape, config)
    return np.asarray(scattered(phase) * transfer(shape, 0.0, config), dtype=np.complex64)


def _fibres(shape: tuple[int, int], config: SimulationConfig) -> Array:
    """Return long, slightly wavy threads at several depths."""
    generator = generator_of(config, "fibres")
    phase = np.zeros(shape)
    n_fibres = round(shape[0] * shape[1] / _PX2_PER_FIBRE)
    for blur, strength in _FIBRE_LAYERS:
        start = generator.uniform(0.0, shape, (n_fibres, 2))
        turns = generator.normal(0.0, _FIBRE_WANDER_RAD, (n_fibres, _FIBRE_STEPS)).cumsum(axis=1)
        angle = generator.uniform(0.0, 2 * np.pi, (n_fibres, 1)) + turns
        weight = np.repeat(generator.exponential(1.0, n_fibres), _FIBRE_STEPS)
        y = start[:, :1] + _FIBRE_STEP_PX * np.sin(angle).cumsum(axis=1)
        x = start[:, 1:] + _FIBRE_STEP_PX * np.cos(angle).cumsum(axis=1)
        threads = _drop_points(y.ravel(), x.ravel(), weight, shape)
        # A thread of unit weight peaks at 1 after the blur: a step lays down weight over a Gaussian's width.
        lines = (
            ndimage.gaussian_filter(threads, blur, mode="wrap") * blur * np.sqrt(2 * np.pi) * _FIBRE_STEP_PX
        )
        phase += config.fibres * strength * lines
    return phase


def _drop_points(y: Array, x: Array, weight: Array, shape: tuple[int, int]) -> Array:
    """Return points on the pixel grid, each distributed over its four neighbours; edges wrap."""
    top, left = np.floor(y).astype(np.int64), np.floor(x).astype(np.int64)
    down, right = y - top, x - left
    grid = np.zeros(shape[0] * shape[1])
    for row, part_y in ((top, 1.0 - down), (top + 1, down)):
        for column, part_x in ((left, 1.0 - right), (left + 1, right)):
            index = (row % shape[0]) * shape[1] + column % shape[1]
            grid += np.bincount(index, weight * part_y * part_x, grid.size)
    return grid.reshape(shape)


def _mottle(shape: tuple[int, int], config: SimulationConfig) -> Array:
    """Return the fine texture of the dish."""
    generator = generator_of(config, "mottle")
    phase = np.zeros(shape)
    for blur, strength in _MOTTLE:
        noise = ndimage.gaussian_filter(generator.standard_normal(shape), blur, mode="wrap")
        phase += strength * noise / noise.std()
    return phase


def _debris(shape: tuple[int, int], config: SimulationConfig) -> Array:
    """Return irregular specks: faint ones appear dark, thick ones bright."""
    generator = generator_of(config, "debris")
    area_mm2 = shape[0] * shape[1] * (config.pixel_size_um * 1e-3) ** 2
    phase = np.zeros(shape)
    for _ in range(generator.poisson(config.debris_per_mm2 * area_mm2)):
        place = generator.uniform(0.0, shape)
        size = np.exp(generator.normal(np.log(_DEBRIS_RADIUS_PX), 0.3))
        strength = generator.exponential(_DEBRIS_RAD)
        for y, x in place + size * generator.normal(0.0, 1.2, (generator.integers(1, 4), 2)):
            reach = int(4 * size) + 1
            rows = np.arange(int(y) - reach, int(y) + reach + 1)
            columns = np.arange(int(x) - reach, int(x) + reach + 1)
            blob = np.exp(-0.5 * ((rows[:, None] - y) ** 2 + (columns - x) ** 2) / size**2)
            phase[np.ix_(rows % shape[0], columns % shape[1])] += strength * blob
    return phase
