"""Protrusion tips: skeleton ends extended to the outline (Gómez-de-Mariscal et al. 2021, section 4)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.body import Body, Mask, Point, distance_to_outline, find_body, join_pieces
from podia.measurement.protrusions.funnel import Path, path_length
from podia.measurement.protrusions.geodesic import Geodesics
from podia.measurement.protrusions.pruning import Centreline, is_significant, prune
from podia.measurement.protrusions.reach import carry_to_outline
from podia.measurement.protrusions.skeleton import Pixel, Skeleton, trace_skeleton
from podia.measurement.protrusions.thinning import thin

_STRIDE_PX = 5
"""Step in pixels for measuring the length of branches; with single pixels it would depend on the direction."""


@dataclass(frozen=True)
class Tip:
    """A protrusion: its tip, its base on the body circle, and its measures; all in pixels.

    `branch_of` is the index of the longer tip on whose path outside the body this one branches off, if any.
    """

    position: Point
    base: Point
    length: float
    length_beyond_body: float
    branch_length: float
    diameter: float
    branch_of: int | None = None


@dataclass(frozen=True)
class CellProtrusions:
    """Body, tips (longest first) and diameters at the branch points of one cell, in pixels of its mask."""

    body: Body
    tips: tuple[Tip, ...]
    branch_point_diameters: tuple[float, ...]


@dataclass(frozen=True)
class _Cell:
    """A cell in one piece, its distance to the outline, and its body."""

    mask: Mask
    distance: NDArray[np.float64]
    body: Body


def find_protrusions(
    masks: list[Mask], config: ProtrusionConfig, calibration: Calibration
) -> list[CellProtrusions]:
    """Return the protrusions of each cell in `masks`; these have a pixel of background around them.

    Skeleton branches that are not significant are pruned. Each remaining end is extended along its branch to the
    outline, because thinning shortens branches. It is a tip if it is far enough from the body centre and beyond the
    body circle.
    """
    cells = [_prepare(mask, config) for mask in masks]
    skeletons = thin([cell.mask for cell in cells])
    return [
        _protrusions_of(cell, trace_skeleton(thinned, cell.distance), config, calibration)
        for cell, thinned in zip(cells, skeletons, strict=True)
    ]


def _prepare(mask: Mask, config: ProtrusionConfig) -> _Cell:
    distance = distance_to_outline(mask)
    body = find_body(distance)
    joined = join_pieces(mask, distance, config.min_piece_share)
    return _Cell(joined, distance if joined is mask else distance_to_outline(joined), body)


def _protrusions_of(
    cell: _Cell, skeleton: Skeleton, config: ProtrusionConfig, calibration: Calibration
) -> CellProtrusions:
    prune(skeleton, cell.distance, config)
    geodesics = Geodesics(cell.mask, cell.body.centre)
    min_length = config.min_length.in_px(calibration)
    min_beyond = config.min_length_beyond_body.in_px(calibration)
    measured = [
        _measure_tip(centreline, cell, geodesics, config)
        for centreline in _centrelines(skeleton, cell, config)
    ]
    measured = [
        found
        for found in measured
        if found.tip.length >= min_length and found.tip.length_beyond_body >= min_beyond
    ]
    measured.sort(key=lambda found: (-found.tip.length, found.tip.position))
    forks = skeleton.branch_points()
    tips = [replace(found.tip, branch_of=_stem(i, measured, cell, forks)) for i, found in enumerate(measured)]
    diameters = tuple(2 * float(cell.distance[point]) for point in forks)
    return CellProtrusions(cell.body, tuple(tips), diameters)


def _centrelines(skeleton: Skeleton, cell: _Cell, config: ProtrusionConfig) -> Iterator[Centreline]:
    """Yield the branches of a pruned skeleton that end in a tip."""
    degrees = skeleton.degrees()
    for end, branch in skeleton.free_ends():
        centreline = np.array(branch.seen_from(end))
        if degrees[branch.seen_from(end)[-1]] == 1:
            # Pruning uses the branch point at the foot of a branch. Here there is none, so the body centre is used
            # instead.
            to_centre = np.hypot(*(centreline - cell.body.centre).T)
            if not is_significant(centreline[: to_centre.argmin() + 1], cell.distance, config):
                continue
        yield centreline


@dataclass(frozen=True)
class _Measured:
    """A tip, the shortest path to it, and the first pixel of its skeleton branch."""

    tip: Tip
    path: Path
    foot: NDArray[np.int64]


def _stem(index: int, measured: list[_Measured], cell: _Cell, forks: list[Pixel]) -> int | None:
    """Return the longest tip whose path passes the fork where the tip `index` branches off; None without a fork.

    If the cell is more than half as wide as its body at the fork, branches meet in the body and not on a protrusion.
    """
    foot = measured[index].foot
    width = float(cell.distance[tuple(foot)])
    outside = math.dist(foot, cell.body.centre) > cell.body.radius + width
    # The foot of a skeleton without a fork is its other end.
    if tuple(foot.tolist()) not in forks or not outside or 2 * width > cell.body.radius:
        return None
    for other in range(index):
        # A path that cuts the corner of the fork passes it at sqrt 2 times its half width.
        if _distance_to_path(foot, measured[other].path) <= math.sqrt(2) * width + 1:
            return other
    return None


def _distance_to_path(point: NDArray[np.int64], path: Path) -> float:
    nodes = np.asarray(path, dtype=np.float64)
    along, away = np.diff(nodes, axis=0), point - nodes[:-1]
    square = np.maximum((along**2).sum(axis=1), 1e-12)
    share = np.clip((along * away).sum(axis=1) / square, 0.0, 1.0)
    return float(np.hypot(*(away - share[:, None] * along).T).min())


def _measure_tip(
    centreline: Centreline, cell: _Cell, geodesics: Geodesics, config: ProtrusionConfig
) -> _Measured:
    position = carry_to_outline(centreline, cell.mask, cell.distance, config)
    path = geodesics.path_to(position)
    length = path_length(path) if config.geodesic == "euclidean" else geodesics.chamfer_length_to(position)
    own = _outside_body(centreline, cell.body)
    steps = [position, *map(tuple, own[:-1:_STRIDE_PX].tolist()), tuple(own[-1].tolist())]
    tip = Tip(
        position=position,
        base=_leaves_body(path, cell.body),
        length=length,
        length_beyond_body=max(length - cell.body.radius, 0.0),
        branch_length=path_length(steps),
        diameter=2 * float(np.median(cell.distance[tuple(own.T)])),
    )
    return _Measured(tip, path, centreline[-1])


def _outside_body(centreline: Centreline, body: Body) -> Centreline:
    """Return the part of a branch from its end to the body circle, at least its first pixel.

    A branch with a tip at either end is thus divided between both. Gómez-de-Mariscal et al. 2021 remove a disc of 10 px
    around the centre, for such branches only; the body circle suits cells of any size, and all branches are treated
    equally.
    """
    inside = np.hypot(*(centreline - body.centre).T) <= body.radius
    stop = int(inside.argmax()) if inside.any() else len(centreline)
    return centreline[: max(stop, 1)]


def _leaves_body(path: Path, body: Body) -> Point:
    """Return where a path from the body centre leaves the body circle for the last time."""
    cy, cx = body.centre
    for a, b in zip(path[-2::-1], path[:0:-1], strict=True):
        if math.dist(a, body.centre) <= body.radius < math.dist(b, body.centre):
            dy, dx = b[0] - a[0], b[1] - a[1]
            square = dy * dy + dx * dx
            half = (a[0] - cy) * dy + (a[1] - cx) * dx
            rest = (a[0] - cy) ** 2 + (a[1] - cx) ** 2 - body.radius**2
            share = (-half + math.sqrt(max(half * half - square * rest, 0.0))) / square
            return a[0] + share * dy, a[1] + share * dx
    return path[-1]
