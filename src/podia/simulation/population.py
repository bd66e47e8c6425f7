"""Population of simulated cells in and around the field of view, advanced frame by frame."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import ConfigurationError
from podia.simulation import myoblasts
from podia.simulation.cell import (
    DAUGHTER_SHARE,
    ROUNDED_SHARE,
    LivingCell,
    begin_division,
    change_arms,
    change_form,
    random_modes,
    stage_frames,
)
from podia.simulation.config import SimulationConfig
from podia.simulation.crowding import GAP_PX, hold_back_arms, push_apart
from podia.simulation.motion import step_persistent_walk
from podia.simulation.protrusion import age_arm, bear_arm
from podia.simulation.streams import generator_of

Array = NDArray[np.float64]

_RADIUS_SPREAD = 0.1
_PLACING_ATTEMPTS = 5000
_FULL = 0.25
"""Fraction of the world covered by bodies above which cells stop dividing (contact inhibition)."""


class Population:
    """The living cells; :meth:`step` advances them by one frame.

    The world extends beyond the field of view by more than the length of a cell, so cells enter and leave. They turn
    back at its edge.
    """

    def __init__(self, config: SimulationConfig, shifts: Array) -> None:
        self._config = config
        self._generator = generator_of(config, "cells")
        margin = config.px(config.body_radius_um + 1.5 * config.protrusion_length_um)
        self._low = -shifts.max(axis=0) - margin
        self._high = config.size_px - shifts.min(axis=0) + margin
        self._next_cell, self._next_arm = 1, 1
        self.cells: list[LivingCell] = []
        self._settle()

    def step(self) -> None:
        """Let one frame pass."""
        self._move()
        for cell in self.cells:
            change_form(cell, self._config, self._generator)
            self._next_arm = change_arms(cell, self._config, self._generator, self._next_arm)
        self._divide()
        self._make_room()

    def _move(self) -> None:
        if not self.cells:
            return
        velocities = np.array([cell.velocity for cell in self.cells])
        speeds = np.array([cell.rms_speed for cell in self.cells])
        persistence = self._config.frames(self._config.persistence_min)
        steps, velocities = step_persistent_walk(velocities, speeds, persistence, self._generator)
        for cell, step, velocity in zip(self.cells, steps, velocities, strict=True):
            cell.position = cell.position + step
            outside = (cell.position < self._low) | (cell.position > self._high)
            cell.velocity = np.where(outside, -velocity, velocity)

    def _divide(self) -> None:
        config = self._config
        hazard = 1.0 - math.exp(-config.division_rate_per_h * config.frame_interval_s / 3600.0)
        room = self._covered() < _FULL
        survivors = []
        for cell in self.cells:
            if cell.stage == "rounding" and cell.stage_age > stage_frames("rounding", config):
                survivors += self._daughters(cell)
                continue
            if cell.stage == "spread" and self._generator.random() < hazard and room:
                begin_division(cell, config)
            survivors.append(cell)
        self.cells = survivors

    def _daughters(self, mother: LivingCell) -> list[LivingCell]:
        axis = self._generator.uniform(0.0, 2 * math.pi)
        direction = np.array([math.sin(axis), math.cos(axis)])
        radius = DAUGHTER_SHARE * mother.rounded_radius
        apart_um = self._generator.normal(
            myoblasts.SISTER_SEPARATION_UM, myoblasts.SISTER_SEPARATION_SPREAD_UM
        )
        apart = max(self._config.px(apart_um), 2 * radius + GAP_PX)
        daughters = []
        for side in (-1.0, 1.0):
            cell = self._new_cell(mother.position + 0.5 * side * apart * direction, parent=mother.cell_id)
            cell.velocity = side * cell.rms_speed * direction
            cell.rounded_radius = radius
            cell.stage = "spreading"
            daughters.append(cell)
        return daughters

    def _make_room(self) -> None:
        push_apart(self.cells, self._low, self._high, self._config)
        hold_back_arms(self.cells, self._config)

    def _covered(self) -> float:
        area = float(np.prod(self._high - self._low))
        return math.pi * sum(cell.radius(self._config) ** 2 for cell in self.cells) / area

    def _settle(self) -> None:
        """Place the initial cells: the requested number in view, and the same density around it."""
        size = float(self._config.size_px)
        around = float(np.prod(self._high - self._low)) / size**2 - 1.0
        inset = min(self._config.px(self._config.body_radius_um), 0.25 * size)
        for _ in range(self._config.initial_cells):
            self._place(in_view=True, inset=inset)
        for _ in range(round(self._config.initial_cells * around)):
            self._place(in_view=False, inset=inset)
        self._make_room()

    def _place(self, *, in_view: bool, inset: float) -> None:
        cell = self._new_cell(np.zeros(2), parent=None)
        size, extent = self._config.size_px, cell.extent(self._config)
        others = np.array([other.position for other in self.cells]).reshape(-1, 2)
        extents = np.array([other.extent(self._config) for other in self.cells])
        for _ in range(_PLACING_ATTEMPTS):
            if in_view:
                spot = self._generator.uniform(inset, size - inset, 2)
            else:
                spot = self._generator.uniform(self._low, self._high)
                if ((spot > 0) & (spot < size)).all():
                    continue
            if (np.hypot(*(others - spot).T) >= extents + extent + GAP_PX).all():
                cell.position = spot
                self._protrude(cell)
                self.cells.append(cell)
                return
        raise ConfigurationError(
            f"{self._config.initial_cells} cells do not fit into {size} x {size} px. "
            f"Choose fewer cells, or a larger size_px."
        )

    def _protrude(self, cell: LivingCell) -> None:
        """Give an initial cell protrusions of random age."""
        for _ in range(self._generator.poisson(self._config.protrusions_per_cell)):
            radius = cell.radius(self._config)
            arm = bear_arm(self._next_arm, cell.arms, radius, self._config, self._generator)
            if arm is not None:
                age_arm(arm, self._generator)
                cell.arms.append(arm)
                self._next_arm += 1

    def _new_cell(self, position: Array, *, parent: int | None) -> LivingCell:
        config, generator = self._config, self._generator
        spread = myoblasts.LOG_SPEED_SPREAD
        rms = config.px(config.speed_um_per_min) / config.frames(1.0)
        own_speed = rms * math.exp(spread * generator.standard_normal() - spread**2)
        factor = float(np.clip(generator.normal(1.0, _RADIUS_SPREAD), 0.75, 1.25))
        radius = config.px(config.body_radius_um) * factor
        cell = LivingCell(
            cell_id=self._next_cell,
            parent_id=parent,
            position=position,
            velocity=generator.standard_normal(2) * own_speed / math.sqrt(2.0),
            rms_speed=own_speed,
            spread_radius=radius,
            rounded_radius=ROUNDED_SHARE * radius,
            modes=random_modes(generator),
            rotation=float(generator.uniform(0.0, 2 * math.pi)),
            height=float(generator.normal(0.0, config.focus_wander_um)),
        )
        self._next_cell += 1
        return cell
