"""Exact body circles and geodesic paths of simulated cells, computed from their geometry."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.simulation.shape import Arm, CellShape

Array = NDArray[np.float64]

_BODY_SAMPLES = 120
_ARM_STEP_PX = 0.75
_SEARCH_ROUNDS = 5
_SEARCH_GRID = 9


@dataclass(frozen=True)
class BodyCircle:
    """The largest circle inside a cell; its centre is ``(y, x)`` relative to the centre of the cell, px."""

    y: float
    x: float
    radius: float


def body_circle(shape: CellShape) -> BodyCircle:
    """Return the largest circle inside body and protrusions together.

    Its centre is where the distance to the outline is greatest. The outline is sampled about every px and the
    greatest distance is searched on ever finer grids around the cell's centre, to 0.01 px.
    """
    outline = _outline(shape)
    y = x = 0.0
    spacing = shape.radius / 7.0
    steps = np.linspace(-1.0, 1.0, _SEARCH_GRID) * (_SEARCH_GRID // 2)
    radius = 0.0
    for _ in range(_SEARCH_ROUNDS):
        rows, columns = (
            axis.ravel() for axis in np.meshgrid(y + spacing * steps, x + spacing * steps, indexing="ij")
        )
        squared = (rows[:, None] - outline[0]) ** 2 + (columns[:, None] - outline[1]) ** 2
        clearance = squared.min(axis=1)
        best = int(np.argmax(clearance))
        y, x, radius = float(rows[best]), float(columns[best]), float(np.sqrt(clearance[best]))
        spacing *= 0.27
    return BodyCircle(y, x, radius)


def _outline(shape: CellShape) -> tuple[Array, Array]:
    """Return ``(y, x)`` of points on the outline near the body, protrusions' flanks included."""
    angle = np.linspace(0.0, 2 * np.pi, _BODY_SAMPLES, endpoint=False)
    distance = shape.body_radius(angle)
    y, x = distance * np.sin(angle), distance * np.cos(angle)
    covered = np.zeros(y.shape, dtype=bool)
    for arm in shape.arms:
        covered |= arm.depth(*arm.from_cell(y, x)) > 0.0
    ys, xs = [y[~covered]], [x[~covered]]
    for arm in shape.arms:
        u = np.arange(0.4 * shape.radius, min(arm.reach, 2.2 * shape.radius), _ARM_STEP_PX)
        for side in (-1.0, 1.0):
            y, x = arm.to_cell(u, arm.across(u) + side * arm.half_extent(u))
            outside = shape.depth(y, x) <= 1e-6
            ys.append(y[outside])
            xs.append(x[outside])
    return np.concatenate(ys), np.concatenate(xs)


def shortest_path(arm: Arm, circle: BodyCircle) -> Array:
    """Return the shortest path inside the cell from the body centre to the tip, ``(N, 2)`` as ``(u, v)``.

    Inside the body circle and the protrusion every column ``u`` is one interval of ``v``, so the path is a
    string pulled tight through these intervals; see :func:`pull_tight`. It cuts corners where the protrusion
    bends, and so is a little shorter than the centre line.
    """
    u0, v0 = (float(value) for value in arm.from_cell(np.asarray(circle.y), np.asarray(circle.x)))
    tip = arm.tip()
    u = np.linspace(u0, tip[0], max(3, int(np.ceil((tip[0] - u0) / _ARM_STEP_PX)) + 1))[1:-1]
    end = np.asarray(arm.reach)
    along = np.clip(u, 0.0, end)
    half = np.where(
        u <= end, arm.half_extent(along), np.sqrt(np.maximum(arm.half_width(end) ** 2 - (u - end) ** 2, 0.0))
    )
    low = np.where(u >= 0.0, arm.across(along) - half, np.inf)
    high = np.where(u >= 0.0, arm.across(along) + half, -np.inf)
    in_circle = np.abs(u - u0) < circle.radius
    chord = np.sqrt(np.maximum(circle.radius**2 - (u - u0) ** 2, 0.0))
    low = np.where(in_circle, np.minimum(low, v0 - chord), low)
    high = np.where(in_circle, np.maximum(high, v0 + chord), high)
    return pull_tight(np.array([u0, v0]), np.array(tip), u, low, high)


def pull_tight(start: Array, end: Array, u: Array, low: Array, high: Array) -> Array:
    """Return the shortest polyline from `start` to `end` with ``low <= v <= high`` at each `u`.

    The funnel algorithm (Lee and Preparata, Networks 14, 393, 1984) for gates at rising `u`: the steepest and
    shallowest straight lines that still pass every gate close in on each other until one gate lies wholly
    beside them; the string then bends at the corner that closed them, and goes on from there.
    """
    gates = [
        *zip(u.tolist(), low.tolist(), high.tolist(), strict=True),
        (float(end[0]), float(end[1]), float(end[1])),
    ]
    corners = [(float(start[0]), float(start[1]))]
    index = 0
    while index < len(gates):
        bend = _next_bend(corners[-1], gates, index)
        if bend is None:
            break
        index, corner = bend
        corners.append(corner)
    corners.append((float(end[0]), float(end[1])))
    return np.array(corners)


def _next_bend(
    apex: tuple[float, float], gates: list[tuple[float, float, float]], first: int
) -> tuple[int, tuple[float, float]] | None:
    """Return where the string from `apex` first bends, with the gate after it; None if it reaches the end."""
    lowest, highest = -np.inf, np.inf
    at_lowest = at_highest = first
    for index in range(first, len(gates)):
        u, low, high = gates[index]
        ahead = max(u - apex[0], 1e-9)
        shallow, steep = (low - apex[1]) / ahead, (high - apex[1]) / ahead
        if shallow > highest:
            return at_highest + 1, (gates[at_highest][0], gates[at_highest][2])
        if steep < lowest:
            return at_lowest + 1, (gates[at_lowest][0], gates[at_lowest][1])
        if shallow >= lowest:
            lowest, at_lowest = shallow, index
        if steep <= highest:
            highest, at_highest = steep, index
    return None


def path_lengths(path: Array, circle_radius: float) -> tuple[float, Array]:
    """Return the length of a path inside the circle around its start, and the point where it leaves the circle."""
    away = np.hypot(*(path - path[0]).T)
    inside = 0.0
    for one, other, distance in zip(path[:-1], path[1:], away[1:].tolist(), strict=True):
        step = math.dist(one, other)
        if distance <= circle_radius:
            inside += step
            continue
        share = _leaves_at(one - path[0], other - one, circle_radius)
        return inside + share * step, one + share * (other - one)
    return inside, path[-1]


def _leaves_at(offset: Array, step: Array, radius: float) -> float:
    """Return the fraction of a step from inside a circle around 0 at which it leaves the circle."""
    a, b, c = float(step @ step), float(offset @ step), float(offset @ offset) - radius**2
    return (-b + math.sqrt(max(b * b - a * c, 0.0))) / a
