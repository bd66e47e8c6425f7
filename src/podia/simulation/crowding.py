"""Contact of simulated cells: bodies repel each other, and protrusions that touch a cell retract."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from podia.simulation.cell import LivingCell
from podia.simulation.config import SimulationConfig
from podia.simulation.shape import Arm

Array = NDArray[np.float64]
Indices = NDArray[np.intp]

GAP_PX = 3.0
"""Minimum gap between two cells, larger than the sampling error of protrusions at every 2 px."""
_SAMPLE_EVERY_PX = 2.0
_ROUNDS = 60
_PUSH_ON_PX = 0.01
"""Additional distance, so that rounding leaves no overlap."""


def push_apart(cells: list[LivingCell], low: Array, high: Array, config: SimulationConfig) -> None:
    """Move bodies so that none overlap, inside the box from `low` to `high` ``(y, x)``.

    Each overlapping pair is separated along the line between its centres, by half the overlap each, until no overlap is
    left. These cells lose the component of their velocity towards each other (contact inhibition).
    """
    if not cells:
        return
    positions = np.array([cell.position for cell in cells])
    velocities = np.array([cell.velocity for cell in cells])
    extents = np.array([cell.extent(config) for cell in cells])
    for _ in range(_ROUNDS):
        positions = np.clip(positions, low, high)
        one, other, overlap, direction = _overlaps(positions, extents)
        if len(overlap) == 0:
            break
        push = (0.5 * overlap + _PUSH_ON_PX)[:, None] * direction
        np.add.at(positions, one, -push)
        np.add.at(positions, other, push)
        closing = ((velocities[one] - velocities[other]) * direction).sum(axis=1)
        brake = 0.5 * np.maximum(closing, 0.0)[:, None] * direction
        np.add.at(velocities, one, -brake)
        np.add.at(velocities, other, brake)
    for cell, position, velocity in zip(cells, positions, velocities, strict=True):
        cell.position, cell.velocity = position, velocity


def _overlaps(positions: Array, extents: Array) -> tuple[Indices, Indices, Array, Array]:
    """Return both indices, the overlap and the direction for each pair of bodies closer than the gap."""
    pairs = cKDTree(positions).query_pairs(2 * extents.max() + GAP_PX, output_type="ndarray")
    pairs = pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))].astype(np.intp)
    between = positions[pairs[:, 1]] - positions[pairs[:, 0]]
    distance = np.maximum(np.hypot(*between.T), 1e-6)
    overlap = extents[pairs].sum(axis=1) + GAP_PX - distance
    near = overlap > 0.0
    one: Indices = pairs[near, 0]
    other: Indices = pairs[near, 1]
    return one, other, overlap[near], between[near] / distance[near, None]


def hold_back_arms(cells: list[LivingCell], config: SimulationConfig) -> None:
    """Shorten protrusions that come closer than the gap to another cell, and start their retraction."""
    arms = [
        (owner, living, cell.position, living.shape(cell.rotation, cell.radius(config)))
        for owner, cell in enumerate(cells)
        for living in cell.arms
    ]
    if not arms:
        return
    samples = [_sample(shape, position) for _, _, position, shape in arms]
    of_arm = np.repeat(np.arange(len(arms)), [len(s) for s in samples])
    owners = np.array([arm[0] for arm in arms])[of_arm]
    u, y, x, thickness = np.concatenate(samples).T
    points = np.column_stack((y, x))
    blocked = _meets_body(points, thickness, owners, cells, config) | _meets_arm(points, thickness, owners)
    for index in np.unique(of_arm[blocked]):
        _, living, _, shape = arms[index]
        first = float(u[blocked & (of_arm == index)].min())
        living.reach = min(
            living.reach, first - _SAMPLE_EVERY_PX - float(shape.half_width(np.asarray(first)))
        )
        living.retract()
    for cell in cells:
        cell.arms = [arm for arm in cell.arms if arm.reach > 0.5 * cell.radius(config)]


def _sample(arm: Arm, position: Array) -> Array:
    """Return ``u, y, x, half width`` along the part of a protrusion that may lie outside the body."""
    start = min(0.7 * arm.rim, arm.reach)
    u = np.linspace(start, arm.reach, max(2, int(np.ceil((arm.reach - start) / _SAMPLE_EVERY_PX)) + 1))
    y, x = arm.to_cell(u, arm.across(u))
    return np.column_stack((u, y + position[0], x + position[1], arm.half_width(u)))


def _meets_body(
    points: Array, thickness: Array, owners: Array, cells: list[LivingCell], config: SimulationConfig
) -> NDArray[np.bool_]:
    centres = np.array([cell.position for cell in cells])
    extents = np.array([cell.extent(config) for cell in cells])
    n_near = min(4, len(cells))
    distance, nearest = cKDTree(centres).query(points, k=[*range(1, n_near + 1)])
    clear = distance - extents[nearest] - thickness[:, None]
    return np.asarray(((clear < GAP_PX) & (nearest != owners[:, None])).any(axis=1))


def _meets_arm(points: Array, thickness: Array, owners: Array) -> NDArray[np.bool_]:
    meets = np.zeros(len(points), dtype=bool)
    pairs = cKDTree(points).query_pairs(2 * thickness.max() + GAP_PX, output_type="ndarray")
    one, other = pairs.T
    apart = np.hypot(*(points[one] - points[other]).T) - thickness[one] - thickness[other]
    touching = pairs[(owners[one] != owners[other]) & (apart < GAP_PX)]
    meets[touching.ravel()] = True
    return meets
