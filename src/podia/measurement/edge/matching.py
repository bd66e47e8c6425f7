"""Matching of outline points to those in the next frame.

The edge is modelled as a closed chain of springs on the next outline: displacement, rotation and stretching cost
energy, and points keep their order, so that paths never cross. This is the mechanical model of Machacek & Danuser
(Biophysical Journal 2006); but dynamic programming (as in Sakoe & Chiba, IEEE ASSP 1978) finds the global minimum of
the energy, whereas relaxation finds a local one. A level-set path (their other method) needs many small steps per
frame, and fails where a protrusion is thinner than its displacement.

Cells are matched in batches of similar size. Symbols: C cells, N points of the previous outlines, M points of the next
ones.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.measurement.edge.config import EdgeConfig
from podia.measurement.edge.outlines import Points, signed_area

_BEFORE_PX, _AFTER_PX = 4.0, 2.0
"""Spacing of the matched points in the previous and the next outline; points in between are interpolated."""
_MIN_POINTS = 12
_MAX_STRETCH = 4
"""Maximum factor by which a segment of the edge can lengthen in one frame."""
_BATCH_CELLS = 16
_MAX_ENTRIES = 30_000_000
"""Maximum number of table entries per batch: 30 MB of backpointers."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Outline:
    """Outline of a cell: evenly spaced points and outward normals, both ``(N, 2)``."""

    points: Points
    normals: Points

    def __len__(self) -> int:
        return len(self.points)

    @property
    def lengths(self) -> Floats:
        """Distance from each point to the next, ``(N,)``."""
        return np.asarray(np.hypot(*(np.roll(self.points, -1, axis=0) - self.points).T), dtype=np.float64)


def match_outlines(before: list[Outline], after: list[Outline], config: EdgeConfig) -> list[Floats]:
    """Return the destinations of each cell's points: ``(N + 1,)`` fractional, unwrapped indices of next points.

    They never decrease, and the last one, for the first point again, is M above the first.

    Parameters
    ----------
    before, after
        Outlines of the same cells with N and M points, in the same orientation.
    """
    order = sorted(range(len(before)), key=lambda cell: len(before[cell]) + len(after[cell]))
    coarse = [
        (
            _every(len(first), _BEFORE_PX / config.spacing_px),
            _every(len(second), _AFTER_PX / config.spacing_px),
        )
        for first, second in zip(before, after, strict=True)
    ]
    found: dict[int, Floats] = {}
    while order:
        batch: list[int] = []
        while order and len(batch) < _BATCH_CELLS:
            n, m = (len(points) for points in coarse[order[0]])
            if batch and (len(batch) + 1) * (n + 1) * (m + 1) > _MAX_ENTRIES:
                break
            batch.append(order.pop(0))
        paths = _match_batch(
            [_move_costs(before[c], after[c], *coarse[c], config) for c in batch], config.stiffness
        )
        for cell, path in zip(batch, paths, strict=True):
            found[cell] = _refine(path, *coarse[cell], len(before[cell]), len(after[cell]))
    return [found[cell] for cell in range(len(before))]


def _every(n_points: int, stride: float) -> NDArray[np.int64]:
    """Return every n-th point of a closed line, as evenly as possible."""
    wanted = min(n_points, max(_MIN_POINTS, round(n_points / stride)))
    return np.arange(wanted) * n_points // wanted


def _refine(
    path: Floats, own: NDArray[np.int64], other: NDArray[np.int64], n_before: int, n_after: int
) -> Floats:
    """Interpolate the destinations of all points from those of some."""
    turns, index = np.divmod(path.astype(np.int64), len(other))
    places = other[index] + turns * n_after
    return np.asarray(np.interp(np.arange(n_before + 1), np.append(own, n_before), places), dtype=np.float64)


def _match_batch(costs: list[Floats], stiffness: float) -> list[Floats]:
    """Return the partner of each row of each cost table ``(n, m)``, and of the first row again, ``(n + 1,)``."""
    n = np.array([len(cost) for cost in costs])
    m = np.array([cost.shape[1] for cost in costs])
    anchors = [_anchor(cost) for cost in costs]
    table = np.full((len(costs), n.max() + 1, m.max() + 1), np.float32(np.inf))
    for cell, (cost, anchor) in enumerate(zip(costs, anchors, strict=True)):
        rolled = np.roll(cost, (-anchor[0], -anchor[1]), axis=(0, 1))
        table[cell, : n[cell], : m[cell]] = rolled
        table[cell, : n[cell], m[cell]] = rolled[:, 0]
        table[cell, n[cell]] = table[cell, 0]
    paths = _least_paths(table, n, m, stiffness)
    return [
        _from_first(paths[cell, : n[cell] + 1], anchors[cell], int(m[cell])) for cell in range(len(costs))
    ]


def _from_first(path: Floats, anchor: tuple[int, int], n_after: int) -> Floats:
    """Convert a path that starts at an anchor to one that starts at the first point."""
    i, j = anchor
    shifted = path + j
    return np.concatenate([shifted[len(path) - 1 - i : -1] - n_after, shifted[: len(path) - i]])


def _move_costs(
    before: Outline, after: Outline, own: NDArray[np.int64], other: NDArray[np.int64], config: EdgeConfig
) -> Floats:
    """Return the cost of each pair of points, ``(n, m)``, with the motion of the whole cell removed."""
    shift = _centroid(after.points) - _centroid(before.points)
    moved, target = before.points[own] + shift, after.points[other]
    away = np.hypot(moved[:, None, 0] - target[None, :, 0], moved[:, None, 1] - target[None, :, 1])
    near = np.minimum(away, config.far_px)
    cost = near * (2 * away - near)
    turned: Floats = cost + config.turning_cost_px2 * (1 - before.normals[own] @ after.normals[other].T)
    return turned


def _centroid(line: Points) -> Floats:
    """Return the centroid of the area inside a closed line."""
    following = np.roll(line, -1, axis=0)
    cross = line[:, 1] * following[:, 0] - following[:, 1] * line[:, 0]
    area = signed_area(line)
    if area <= 0:
        return np.asarray(line.mean(axis=0))
    return np.asarray(((line + following) * cross[:, None]).sum(axis=0) / (6 * area))


def _anchor(cost: Floats) -> tuple[int, int]:
    """Return the pair at which the chain is closed, in the middle of the segment with the most distinct counterpart.

    The segment is an eighth of the outline; its counterpart is the position of lowest cost without stretching.
    """
    n, m = cost.shape
    reach = max(1, n // 16)
    around = np.arange(-reach, reach + 1)
    least = cost.min(axis=1)
    i = int(np.argmin(sum(np.roll(least, step) for step in around)))
    rows = (i + around) % n
    columns = (np.arange(m)[:, None] + np.rint(around * m / n).astype(np.int64)) % m
    return i, int(cost[rows, columns].sum(axis=1).argmin())


def _least_paths(
    table: NDArray[np.float32], n: NDArray[np.int64], m: NDArray[np.int64], stiffness: float
) -> Floats:
    """Return the minimum-cost path through each table from its first corner to ``(n, m)``, ``(C, N + 1)``."""
    n_cells, n_rows, n_columns = table.shape
    even = m / n
    most = int(np.ceil(_MAX_STRETCH * even.max())) + 1
    spacing = _BEFORE_PX**2
    # A spring between neighbours, which are `even` steps apart if the edge is stretched evenly.
    steps = np.arange(most + 1)
    springs = (stiffness * (steps - even[:, None]) ** 2 * spacing / even[:, None] ** 2).astype(np.float32)
    back = np.zeros((n_rows, n_cells, n_columns), dtype=np.uint8 if most < 256 else np.uint16)
    best = np.full((n_cells, n_columns), np.float32(np.inf))
    best[:, 0] = table[:, 0, 0]
    for row in range(1, n_rows):
        least = best + springs[:, :1]
        taken = back[row]
        for step in range(1, min(most, n_columns - 1) + 1):
            other = best[:, :-step] + springs[:, step : step + 1]
            better = other < least[:, step:]
            np.copyto(least[:, step:], other, where=better)
            taken[:, step:][better] = step
        best = least + table[:, row]
    paths = np.zeros((n_cells, n_rows), dtype=np.float64)
    place = m.copy()
    cells = np.arange(n_cells)
    for row in range(n_rows - 1, -1, -1):
        inside = row <= n
        paths[inside, row] = place[inside]
        place = np.where(inside, np.maximum(place - back[row, cells, place], 0), place)
    return paths
