"""State of a simulated cell: it migrates, protrudes, rounds up, divides and spreads again."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from podia.simulation.config import SimulationConfig
from podia.simulation.protrusion import GrowingArm, bear_arm, birth_rate
from podia.simulation.shape import MODES, CellShape

ROUNDING_MIN = 40.0
"""Time from the start of rounding to the division."""
SPREADING_MIN = 60.0
"""Time in which a daughter spreads."""
_MIN_STAGE_FRAMES = 3

ROUNDED_SHARE = 0.68
"""Ratio of the radius of a rounded mother to its spread radius. With the default body she is 19 um across, and the
distance of her daughters, each of half the volume, is that of C2C12 sisters."""
DAUGHTER_SHARE = 0.5 ** (1 / 3)
"""Ratio of the radius of a rounded daughter to that of the rounded mother: half the volume."""

_MODE_SPREAD = np.array([0.08, 0.055, 0.03, 0.02])
_MAX_UNEVEN = 0.25
"""Maximum sum of mode amplitudes, which keeps the outline above 0.75 of the mean radius."""
_MODE_MEMORY_MIN = 40.0
_HEIGHT_MEMORY_MIN = 90.0
_TURN_RAD_PER_SQRT_MIN = 0.012
_SHEDS_ARMS_AT = 0.3
"""Roundness above which no protrusions start."""
_VANISHES_AT = 0.6
"""Fraction of the body radius at which a retracting protrusion disappears."""


@dataclass
class LivingCell:
    """One cell; positions in px of the stage, speeds in px per frame."""

    cell_id: int
    parent_id: int | None
    position: NDArray[np.float64]
    velocity: NDArray[np.float64]
    rms_speed: float
    spread_radius: float
    rounded_radius: float
    modes: NDArray[np.complex128]
    rotation: float
    height: float
    stage: Literal["spread", "rounding", "spreading"] = "spread"
    stage_age: int = 0
    arms: list[GrowingArm] = field(default_factory=list)

    def roundness(self, config: SimulationConfig) -> float:
        """Return 0 for a spread cell, 1 at the division, smooth in between."""
        if self.stage == "spread":
            return 0.0
        share = min(self.stage_age / stage_frames(self.stage, config), 1.0)
        risen = share * share * (3.0 - 2.0 * share)
        return risen if self.stage == "rounding" else 1.0 - risen

    def radius(self, config: SimulationConfig) -> float:
        """Return the mean radius of the body in px."""
        roundness = self.roundness(config)
        return (1.0 - roundness) * self.spread_radius + roundness * self.rounded_radius

    def extent(self, config: SimulationConfig) -> float:
        """Return a radius that always encloses the body, in px."""
        return self.radius(config) * (1.0 + _MAX_UNEVEN * (1.0 - self.roundness(config)))

    def shape(self, config: SimulationConfig) -> CellShape:
        """Return the current geometry in stage coordinates."""
        roundness, radius = self.roundness(config), self.radius(config)
        modes = self.modes * (1.0 - roundness)
        modes = modes * np.exp(-1j * MODES * self.rotation)
        modes = modes * min(1.0, _MAX_UNEVEN / max(float(np.abs(modes).sum()), 1e-9))
        return CellShape(
            cell_id=self.cell_id,
            y=float(self.position[0]),
            x=float(self.position[1]),
            radius=radius,
            modes=modes,
            rotation=self.rotation,
            roundness=roundness,
            height=self.height,
            arms=tuple(arm.shape(self.rotation, radius) for arm in self.arms),
        )


def stage_frames(stage: str, config: SimulationConfig) -> int:
    """Return the duration of rounding or spreading in frames."""
    minutes = ROUNDING_MIN if stage == "rounding" else SPREADING_MIN
    return max(_MIN_STAGE_FRAMES, math.ceil(config.frames(minutes)))


def random_modes(generator: np.random.Generator) -> NDArray[np.complex128]:
    """Return radial Fourier modes drawn from their stationary distribution."""
    real, imaginary = generator.standard_normal((2, len(MODES)))
    return np.asarray(_MODE_SPREAD * (real + 1j * imaginary) / math.sqrt(2.0))


def change_form(cell: LivingCell, config: SimulationConfig, generator: np.random.Generator) -> None:
    """Advance outline, height, rotation and cell-cycle stage by one frame."""
    kept = math.exp(-1.0 / config.frames(_MODE_MEMORY_MIN))
    cell.modes = kept * cell.modes + math.sqrt(1.0 - kept**2) * random_modes(generator)
    kept = math.exp(-1.0 / config.frames(_HEIGHT_MEMORY_MIN))
    cell.height = kept * cell.height + math.sqrt(1.0 - kept**2) * generator.normal(0, config.focus_wander_um)
    cell.rotation += generator.normal(0.0, _TURN_RAD_PER_SQRT_MIN * math.sqrt(config.frame_interval_s / 60.0))
    if cell.stage != "spread":
        cell.stage_age += 1
    if cell.stage == "spreading" and cell.stage_age >= stage_frames("spreading", config):
        cell.stage, cell.stage_age = "spread", 0


def change_arms(
    cell: LivingCell, config: SimulationConfig, generator: np.random.Generator, next_id: int
) -> int:
    """Advance protrusions by one frame and return the next free protrusion id."""
    radius = cell.radius(config)
    for arm in cell.arms:
        arm.grow()
    cell.arms = [arm for arm in cell.arms if arm.stage != "retracting" or arm.reach > _VANISHES_AT * radius]
    if cell.roundness(config) > _SHEDS_ARMS_AT or cell.stage == "rounding":
        return next_id
    for _ in range(generator.poisson(birth_rate(config))):
        newborn = bear_arm(next_id, cell.arms, radius, config, generator)
        if newborn is not None:
            cell.arms.append(newborn)
            next_id += 1
    return next_id


def begin_division(cell: LivingCell, config: SimulationConfig) -> None:
    """Start the rounding of a cell; its protrusions retract before it divides."""
    cell.stage, cell.stage_age = "rounding", 0
    frames = max(1, stage_frames("rounding", config) - 2)
    for arm in cell.arms:
        arm.retract(least_speed=arm.reach / frames)
