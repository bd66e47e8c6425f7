"""Optical thickness of simulated cells: flat or rounded, with nucleus and granules."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.simulation.config import SimulationConfig
from podia.simulation.masks import Window, grid_depth
from podia.simulation.shape import Arm, CellShape
from podia.simulation.streams import generator_of

Array = NDArray[np.float64]

_EDGE_UM = 1.5
"""Depth from the outline over which a flat cell reaches its thickness."""
_FLAT_RAD = 0.21
_DOME_RAD = 0.20
_ROUND_RAD = 2.9
"""Phase at the centre of a rounded cell: above a quarter wave, it turns from dark to bright."""
_NUCLEUS_SHARE = 0.45
_NUCLEUS_RAD = -0.09
_N_GRANULES = 45
_N_NUCLEOLI = 3
_GRANULE_RAD = 0.10
_UM_PER_ARM_GRANULE = 4.0


def phase_of(shape: CellShape, window: Window, config: SimulationConfig) -> Array:
    """Return the phase delay of a cell in rad, ``(Y, X)`` over a window."""
    depth = grid_depth(shape, window)
    coverage = np.clip(depth + 0.5, 0.0, 1.0)
    y, x = window.axes(shape.y, shape.x)
    share = np.hypot(y, x) / shape.body_radius(np.arctan2(y, x))
    dome = np.sqrt(np.maximum(1.0 - share**2, 0.0))
    flat = 1.0 - np.exp(-np.maximum(depth, 0.0) / config.px(_EDGE_UM))
    spread = _FLAT_RAD * flat + _DOME_RAD * dome**2 + _NUCLEUS_RAD * _step(_NUCLEUS_SHARE - share, 0.06)
    phase = (1.0 - shape.roundness) * spread + shape.roundness * _ROUND_RAD * dome
    phase += _granules(shape, window, config)
    return np.asarray(config.contrast * coverage * phase)


def _step(value: Array, softness: float) -> Array:
    return np.asarray(np.clip(0.5 + 0.5 * value / softness, 0.0, 1.0))


def _granules(shape: CellShape, window: Window, config: SimulationConfig) -> Array:
    """Return granules at fixed places in the body and along protrusions."""
    dots = [_body_dots(shape, config), *(_arm_dots(shape, arm, config) for arm in shape.arms)]
    y, x, strength, size = np.concatenate(dots, axis=1)
    rows, columns = window.axes(0.0, 0.0)
    along_y = np.exp(-0.5 * ((rows - y) / size) ** 2) * strength
    along_x = np.exp(-0.5 * ((columns - x[:, None]) / size[:, None]) ** 2)
    return np.asarray(along_y @ along_x)


def _body_dots(shape: CellShape, config: SimulationConfig) -> Array:
    generator = generator_of(config, "granules", shape.cell_id)
    angle = generator.uniform(-np.pi, np.pi, _N_GRANULES + _N_NUCLEOLI)
    share = np.sqrt(generator.uniform(0.0, 0.92, _N_GRANULES + _N_NUCLEOLI))
    strength = generator.normal(0.3, 1.0, _N_GRANULES + _N_NUCLEOLI) * _GRANULE_RAD
    size = generator.uniform(0.7, 1.4, _N_GRANULES + _N_NUCLEOLI)
    share[-_N_NUCLEOLI:] *= 0.7 * _NUCLEUS_SHARE
    strength[-_N_NUCLEOLI:] = 2.0 * _GRANULE_RAD
    size[-_N_NUCLEOLI:] = 1.3
    distance = share * shape.body_radius(angle + shape.rotation)
    y, x = distance * np.sin(angle + shape.rotation), distance * np.cos(angle + shape.rotation)
    return np.stack((shape.y + y, shape.x + x, strength, size))


def _arm_dots(shape: CellShape, arm: Arm, config: SimulationConfig) -> Array:
    generator = generator_of(config, "arm granules", arm.protrusion_id)
    n_dots = int(config.px(arm_reach_um(config)) / config.px(_UM_PER_ARM_GRANULE))
    along = generator.uniform(0.0, 1.0, n_dots) * config.px(arm_reach_um(config))
    aside = generator.uniform(-0.5, 0.5, n_dots)
    strength = np.abs(generator.normal(0.0, 1.0, n_dots)) * _GRANULE_RAD
    size = generator.uniform(0.7, 1.3, n_dots)
    shown = (along > arm.rim) & (along < arm.reach)
    y, x = arm.to_cell(along, arm.across(along) + aside * arm.half_width(along))
    return np.stack((shape.y + y, shape.x + x, strength, size))[:, shown]


def arm_reach_um(config: SimulationConfig) -> float:
    """Return the distance of the longest protrusion tips from the centre, in um."""
    return config.body_radius_um * 1.25 + 2.0 * config.protrusion_length_um
