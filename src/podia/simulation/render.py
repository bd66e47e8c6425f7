"""Rendering of simulated frames on demand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import Image
from podia.simulation.appearance import phase_of
from podia.simulation.background import background_field
from podia.simulation.config import SimulationConfig
from podia.simulation.masks import cell_window
from podia.simulation.optics import ComplexImage, brightness, image_of, scattered, transfer
from podia.simulation.scene import Scene
from podia.simulation.shape import CellShape
from podia.simulation.streams import generator_of

_BACKGROUND_SHARE = 0.45
"""Ratio of the background to the maximum grey value."""
_HALO_SPREADS = 3.0
_BLUR_PAD_PX = 6.0
_PAD_PX_PER_UM = 1.0


@dataclass(frozen=True)
class SimulatedFrames:
    """Source of the frames; each depends only on the scene and its own index."""

    scene: Scene

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return (self.scene.config.n_frames, *self.scene.frame_shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a frame's pixels."""
        return np.dtype(np.uint8 if self.scene.config.bit_depth == 8 else np.uint16)

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``."""
        config = self.scene.config
        field = background_field(self.scene, frame)
        for shape in self.scene.shapes(frame):
            _add_cell(field, shape, config)
        light = brightness(field, config.modality) * illumination(config)
        return _record(light, config, generator_of(config, "noise", frame)).astype(self.dtype)


def _add_cell(field: ComplexImage, shape: CellShape, config: SimulationConfig) -> None:
    """Add the light scattered by a cell to that of a frame, in place."""
    blur = _BLUR_PAD_PX + _PAD_PX_PER_UM * abs(shape.height)
    window = cell_window(shape, pad=_HALO_SPREADS * config.px(config.halo_um) + blur)
    seen = window.within((field.shape[0], field.shape[1]))
    if seen is None:
        return
    light = scattered(phase_of(shape, window, config)) * transfer(window.shape, shape.height, config)
    top, left = seen.top - window.top, seen.left - window.left
    field[seen.slices] += image_of(light)[top : top + seen.shape[0], left : left + seen.shape[1]]


def illumination(config: SimulationConfig) -> NDArray[np.float32]:
    """Return the relative illumination of each pixel, ``(Y, X)``, at most 1.

    It decreases with the squared distance from an off-centre point and does not move with the stage.
    """
    generator = generator_of(config, "illumination")
    centre = config.size_px * generator.uniform(0.3, 0.7, 2)
    along = np.arange(config.size_px, dtype=np.float32)
    squared = (along[:, None] - centre[0]) ** 2 + (along[None, :] - centre[1]) ** 2
    return np.asarray(1.0 - config.illumination * squared / squared.max(), dtype=np.float32)


def _record(
    light: NDArray[np.float32], config: SimulationConfig, generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return grey values with photon noise, camera noise and rounding."""
    top = 2.0**config.bit_depth - 1.0
    photons = generator.poisson(light * config.photons) / config.photons
    read_noise = generator.standard_normal(light.shape, dtype=np.float32) * config.read_noise * top / 255.0
    return np.asarray(np.clip(np.rint(photons * _BACKGROUND_SHARE * top + read_noise), 0.0, top))
