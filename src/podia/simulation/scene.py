"""State of a simulated world in all frames, stored as two tables; images are rendered from it on demand."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.data.progress import Progress, silent
from podia.simulation.config import SimulationConfig
from podia.simulation.drift import stage_shifts
from podia.simulation.population import Population
from podia.simulation.shape import Arm, CellShape

Array = NDArray[np.float64]

_HALO_PX = 40.0
"""Maximum distance at which the halo of a cell reaches into the image."""


@dataclass(frozen=True)
class Scene:
    """All cells near the field of view in all frames: about 0.3 kB per cell and frame, without images.

    Parameters
    ----------
    config
        What was simulated.
    shifts
        Stage drift, ``(T, 2)`` as ``(y, x)`` px.
    bodies
        One row per cell and frame: id, y, x, radius, rotation, roundness, height, real and imaginary modes.
    arms
        One row per protrusion and frame: row of its body within the frame, then the fields of :class:`Arm`.
    body_starts, arm_starts
        First row of each frame, ``(T + 1,)``.
    parents
        ``cell_id -> cell_id`` of its mother.
    """

    config: SimulationConfig
    shifts: Array
    bodies: Array
    arms: Array
    body_starts: NDArray[np.int64]
    arm_starts: NDArray[np.int64]
    parents: dict[int, int]

    @property
    def frame_shape(self) -> tuple[int, int]:
        """Size of a frame, ``(Y, X)``."""
        return self.config.size_px, self.config.size_px

    def rows(self, frame: int) -> range:
        """Return the rows of `bodies` of one frame."""
        return range(int(self.body_starts[frame]), int(self.body_starts[frame + 1]))

    def shapes(self, frame: int) -> list[CellShape]:
        """Return the cells of one frame in image coordinates, in the order of :meth:`rows`."""
        dy, dx = self.shifts[frame]
        arms: dict[int, list[Arm]] = {}
        for row in self.arms[self.arm_starts[frame] : self.arm_starts[frame + 1]]:
            arms.setdefault(int(row[0]), []).append(Arm(int(row[1]), *(float(value) for value in row[2:])))
        shapes = []
        for index, row in enumerate(self.bodies[self.body_starts[frame] : self.body_starts[frame + 1]]):
            cell_id, y, x, radius, rotation, roundness, height = (float(value) for value in row[:7])
            shape = CellShape(
                cell_id=int(cell_id),
                y=y + dy,
                x=x + dx,
                radius=radius,
                modes=row[7:11] + 1j * row[11:15],
                rotation=rotation,
                roundness=roundness,
                height=height,
                arms=tuple(arms.get(index, ())),
            )
            shapes.append(shape)
        return shapes


def build_scene(config: SimulationConfig, *, progress: Progress = silent) -> Scene:
    """Simulate the cells of a world for all frames and return the scene."""
    shifts = stage_shifts(config)
    population = Population(config, shifts)
    bodies, arms, parents = [], [], {}
    for frame in range(config.n_frames):
        if frame > 0:
            population.step()
        shapes = []
        for cell in population.cells:
            if cell.parent_id is not None:
                parents[cell.cell_id] = cell.parent_id
            shapes.append(cell.shape(config))
        near = [shape for shape in shapes if _may_be_seen(shape, shifts[frame], config.size_px)]
        bodies.append(np.array([_body_row(shape) for shape in near]).reshape(-1, 15))
        rows = [_arm_row(index, arm) for index, shape in enumerate(near) for arm in shape.arms]
        arms.append(np.array(rows).reshape(-1, 10))
        progress("cells", frame + 1, config.n_frames)
    return Scene(
        config=config,
        shifts=shifts,
        bodies=np.concatenate(bodies),
        arms=np.concatenate(arms),
        body_starts=np.cumsum([0, *map(len, bodies)]),
        arm_starts=np.cumsum([0, *map(len, arms)]),
        parents=parents,
    )


def _may_be_seen(shape: CellShape, shift: Array, size: int) -> bool:
    """Return whether a cell or its halo may reach into the image."""
    boxes = shape.boxes()
    (top, left), (bottom, right) = boxes[:, [0, 2]].min(axis=0), boxes[:, [1, 3]].max(axis=0)
    y, x = shape.y + float(shift[0]), shape.x + float(shift[1])
    low, high = -_HALO_PX, size + _HALO_PX
    return bool(y + bottom > low and y + top < high and x + right > low and x + left < high)


def _body_row(shape: CellShape) -> list[float]:
    place = [shape.cell_id, shape.y, shape.x, shape.radius, shape.rotation, shape.roundness, shape.height]
    return [*place, *shape.modes.real, *shape.modes.imag]


def _arm_row(body: int, arm: Arm) -> list[float]:
    form = [arm.angle, arm.reach, arm.bend, arm.twist, arm.width, arm.taper, arm.flare, arm.rim]
    return [body, arm.protrusion_id, *form]
