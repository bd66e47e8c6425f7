"""Life cycle of the protrusions of a simulated cell: start, extension, pause, retraction and end."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from podia.simulation.config import MIN_WIDTH_PX, SimulationConfig
from podia.simulation.shape import Arm

MAX_AT_ONCE = 6
_MIN_ANGLE_APART = math.radians(55.0)
"""Minimum angle between protrusions of a cell, because each may bend by up to 35 degrees towards the other."""

_SPREAD_OF_LENGTH = 0.35
_SPREAD_OF_SPEED = 0.3
_TAPER = (0.55, 1.0)
_FLARE = (0.12, 0.32)
_FLARE_GROWS_OVER = 0.8
_BIRTH_ATTEMPTS = 20


@dataclass
class GrowingArm:
    """State of a protrusion; `angle` is relative to the rotation of its cell, lengths in px, speeds per frame."""

    protrusion_id: int
    angle: float
    reach: float
    peak: float
    stage: Literal["extending", "resting", "retracting"]
    rest_left: float
    extension_speed: float
    retraction_speed: float
    bend: float
    twist: float
    width: float
    taper: float
    flare: float

    def grow(self) -> None:
        """Let one frame pass."""
        if self.stage == "extending":
            self.reach = min(self.reach + self.extension_speed, self.peak)
            if self.reach >= self.peak:
                self.stage = "resting"
        elif self.stage == "resting":
            self.rest_left -= 1.0
            if self.rest_left <= 0:
                self.stage = "retracting"
        else:
            self.reach -= self.retraction_speed

    def retract(self, least_speed: float = 0.0) -> None:
        """Start retraction at a speed of at least `least_speed` px per frame."""
        self.stage = "retracting"
        self.retraction_speed = max(self.retraction_speed, least_speed)

    def shape(self, rotation: float, body_radius: float) -> Arm:
        """Return its geometry on a body of that radius."""
        grown = np.clip((self.reach - body_radius) / (_FLARE_GROWS_OVER * body_radius), 0.0, 1.0)
        return Arm(
            protrusion_id=self.protrusion_id,
            angle=self.angle + rotation,
            reach=self.reach,
            bend=self.bend,
            twist=self.twist,
            width=self.width,
            taper=min(1.0, max(self.taper, MIN_WIDTH_PX / self.width)),
            flare=self.flare * body_radius * float(grown),
            rim=body_radius,
        )


def birth_rate(config: SimulationConfig) -> float:
    """Return the birth rate per cell and frame that maintains the mean number of protrusions."""
    lifetime_min = 2 * config.protrusion_length_um / config.protrusion_speed_um_per_min
    return config.protrusions_per_cell / config.frames(lifetime_min + config.protrusion_rest_min)


def bear_arm(
    protrusion_id: int,
    others: list[GrowingArm],
    body_radius: float,
    config: SimulationConfig,
    generator: np.random.Generator,
) -> GrowingArm | None:
    """Return a new protrusion that still lies inside the body, or None if the cell has no room for it."""
    angle = _free_angle(others, generator)
    if angle is None or len(others) >= MAX_AT_ONCE:
        return None
    length = config.px(config.protrusion_length_um) * float(
        np.clip(generator.normal(1.0, _SPREAD_OF_LENGTH), 0.3, 2.0)
    )
    mean_speed = config.px(config.protrusion_speed_um_per_min) / config.frames(1.0)
    extension, retraction = mean_speed * np.exp(generator.normal(0.0, _SPREAD_OF_SPEED, 2))
    peak = body_radius + length
    greatest_turn = math.radians(config.protrusion_bend_deg)
    in_arc = generator.uniform(0.5, 1.0)
    arc, wave = greatest_turn * generator.uniform(-1.0, 1.0, 2) * (in_arc, 1.0 - in_arc)
    return GrowingArm(
        protrusion_id=protrusion_id,
        angle=angle,
        reach=body_radius * 0.7,
        peak=peak,
        stage="extending",
        rest_left=float(generator.exponential(config.frames(config.protrusion_rest_min))),
        extension_speed=float(extension),
        retraction_speed=float(retraction),
        bend=math.tan(arc) / (2 * peak),
        twist=math.tan(wave) / (3 * peak**2),
        width=config.px(float(generator.uniform(*config.protrusion_width_um))),
        taper=float(generator.uniform(*_TAPER)),
        flare=float(generator.uniform(*_FLARE)),
    )


def age_arm(arm: GrowingArm, generator: np.random.Generator) -> None:
    """Advance a new protrusion to a random age, for cells that exist from the start."""
    climb = arm.peak - arm.reach
    extending, retracting = climb / arm.extension_speed, climb / arm.retraction_speed
    age = generator.uniform(0.0, extending + arm.rest_left + retracting)
    if age < extending:
        arm.reach += age * arm.extension_speed
    elif age < extending + arm.rest_left:
        arm.reach, arm.stage, arm.rest_left = arm.peak, "resting", extending + arm.rest_left - age
    else:
        arm.reach = arm.peak - (age - extending - arm.rest_left) * arm.retraction_speed
        arm.stage = "retracting"


def _free_angle(others: list[GrowingArm], generator: np.random.Generator) -> float | None:
    for angle in generator.uniform(-math.pi, math.pi, _BIRTH_ATTEMPTS):
        apart = [abs(math.remainder(angle - other.angle, math.tau)) for other in others]
        if all(gap >= _MIN_ANGLE_APART for gap in apart):
            return float(angle)
    return None
