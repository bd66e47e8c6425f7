"""Protrusion tips: the ends of a cell's skeleton, carried on to the outline (S0, section 4)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.data.calibration import Calibration
from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.body import Body, Mask, Point, distance_to_outline, find_body, join_pieces
from podia.measurement.protrusions.geodesic import Geodesics, Path, path_length
from podia.measurement.protrusions.pruning import is_significant, prune, slender_at
from podia.measurement.protrusions.skeleton import Pixel, Skeleton, trace_skeleton
from podia.measurement.protrusions.thinning import thin

_RAY_STEP = 0.1
_HOOK = 0.6
_COURSE_PX = 5
"""Over how many pixels the course of a thin branch is taken; fewer would follow the pixel grid."""


@dataclass(frozen=True)
class Tip:
    """A protrusion: its tip, where its path leaves the body circle, and its measures; all in pixels."""

    position: Point
    base: Point
    length: float
    length_beyond_body: float
    branch_length: float
    diameter: float


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

    Skeleton branches that are not significant are pruned. Each end that is left is carried on along its
    branch to the outline, from which thinning has withdrawn it. It counts as a tip where it is far enough
    from the body centre and beyond the body circle.
    """
    cells = [_prepare(mask, config) for mask in masks]
    found = []
    for cell, thinned in zip(cells, thin([cell.mask for cell in cells]), strict=True):
        skeleton = trace_skeleton(thinned, cell.distance)
        prune(skeleton, cell.distance, config)
        geodesics = Geodesics(cell.mask, cell.body.centre)
        tips = [
            _measure_tip(carry_to_outline(branch, cell.mask, cell.distance, config), branch, cell, geodesics, config)
            for branch in _significant_ends(skeleton, cell, config)
        ]
        tips = [tip for tip in tips if _counts(tip, config, calibration)]
        tips.sort(key=lambda tip: (-tip.length, tip.position))
        diameters = tuple(2 * float(cell.distance[point]) for point in skeleton.branch_points())
        found.append(CellProtrusions(cell.body, tuple(tips), diameters))
    return found


def _prepare(mask: Mask, config: ProtrusionConfig) -> _Cell:
    distance = distance_to_outline(mask)
    body = find_body(distance)
    joined = join_pieces(mask, distance, config.min_piece_share)
    return _Cell(joined, distance if joined is mask else distance_to_outline(joined), body)


def _significant_ends(
    skeleton: Skeleton, cell: _Cell, config: ProtrusionConfig
) -> Iterator[NDArray[np.int64]]:
    """Yield the branches of a pruned skeleton that end in a tip, as pixels ``(K, 2)`` from that end."""
    degrees = skeleton.degrees()
    for end, branch in skeleton.free_ends():
        pixels = branch.seen_from(end)
        # Pruning judges branches by the branch point at their foot. Without one, the body centre takes its part.
        if degrees[pixels[-1]] > 1 or is_significant(_up_to_body(pixels, cell.body), cell.distance, config):
            yield _without_hook(np.array(pixels), cell.distance, config)


def _without_hook(
    branch: NDArray[np.int64], distance: NDArray[np.float64], config: ProtrusionConfig
) -> NDArray[np.int64]:
    """Return a branch from its end, less the last part where that turns off to a corner of a blunt end.

    There the cell narrows by more than `_HOOK` within the length that ``min_slenderness`` allows a corner.
    """
    radius = distance[tuple(branch.T)]
    slender = slender_at(branch, radius, config.min_slenderness)
    hook = int(slender.argmax()) if slender.any() else len(branch) - 1
    return branch[hook:] if radius[0] < _HOOK * radius[hook] else branch


def _up_to_body(pixels: tuple[Pixel, ...], body: Body) -> tuple[Pixel, ...]:
    to_centre = np.hypot(*(np.array(pixels) - body.centre).T)
    return pixels[: int(to_centre.argmin()) + 1]


def _counts(tip: Tip, config: ProtrusionConfig, calibration: Calibration) -> bool:
    return tip.length >= config.min_length_in_px(
        calibration
    ) and tip.length_beyond_body >= config.min_length_beyond_body_in_px(calibration)


def carry_to_outline(
    branch: NDArray[np.int64], mask: Mask, distance: NDArray[np.float64], config: ProtrusionConfig
) -> Point:
    """Return the tip of a branch, ``(K, 2)`` pixels from its end.

    It is where the straight continuation of the branch leaves the cell. Thinning withdraws from wide ends
    farther than from narrow ones, so where a corner lies ahead that is ``min_slenderness`` times as far
    away, the tip is there.
    """
    radius = float(distance[tuple(branch[0])])
    near = branch[np.hypot(*(branch - branch[0]).T) <= max(2 * radius, _COURSE_PX)]
    start, direction = _fit_ray(near, mask)
    reach = np.arange(0.0, 3 * radius + 3, _RAY_STEP)
    ray = start + reach[:, None] * direction
    pixels = np.clip(np.rint(ray).astype(np.int64), 0, np.array(mask.shape) - 1)
    leaves = max(int((~mask[tuple(pixels.T)]).argmax()) - 1, 0)
    corner = _farthest_ahead(start, direction, mask, 2.5 * radius)
    tip = ray[leaves]
    beyond = np.hypot(*(corner - start)) - config.min_slenderness * max(reach[leaves], radius)
    if beyond > config.min_spur_px:
        tip = corner
    return float(tip[0]), float(tip[1])


def _fit_ray(near: NDArray[np.int64], mask: Mask) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return start and direction of the straight line through the end of a branch, pointing outwards."""
    start = near[0].astype(np.float64)
    if len(near) == 1:
        return start, np.zeros(2)
    centre = near.mean(axis=0)
    direction = np.linalg.svd(near - centre, full_matrices=False)[2][0]
    direction *= math.copysign(1.0, direction @ (near[0] - near[-1]))
    on_line = centre + ((start - centre) @ direction) * direction
    inside = mask[tuple(np.rint(on_line).astype(np.int64))]
    return (on_line if inside else start), direction


def _farthest_ahead(
    start: NDArray[np.float64], direction: NDArray[np.float64], mask: Mask, reach: float
) -> NDArray[np.float64]:
    """Return the pixel farthest from `start` of those within `reach` that lie ahead and hang together with it."""
    low = np.maximum(np.floor(start - reach), 0).astype(np.int64)
    high = np.ceil(start + reach).astype(np.int64) + 1
    y, x = np.ogrid[low[0] : min(high[0], mask.shape[0]), low[1] : min(high[1], mask.shape[1])]
    dy, dx = y - start[0], x - start[1]
    along = dy * direction[0] + dx * direction[1]
    away = dy * dy + dx * dx
    # A cone of 60 degrees on either side, and what is close by, so that the pieces hang together.
    ahead = (2 * along >= np.sqrt(away)) | (away <= 2)
    window = mask[low[0] : high[0], low[1] : high[1]] & ahead & (away <= reach * reach)
    pieces, _ = ndimage.label(window, structure=np.ones((3, 3)))
    own = pieces == pieces[tuple((np.rint(start) - low).astype(np.int64))]
    farthest = np.where(own & window, away, -1.0).argmax()
    return low + np.array(np.unravel_index(farthest, window.shape))


def _measure_tip(
    position: Point,
    branch: NDArray[np.int64],
    cell: _Cell,
    geodesics: Geodesics,
    config: ProtrusionConfig,
) -> Tip:
    path = geodesics.path_to(position)
    length = path_length(path) if config.geodesic == "euclidean" else geodesics.chamfer_length_to(position)
    own = _outside_body(branch, cell.body)
    steps = [position, *map(tuple, own[:-1:_COURSE_PX].tolist()), tuple(own[-1].tolist())]
    return Tip(
        position=position,
        base=_leaves_body(path, cell.body),
        length=length,
        length_beyond_body=max(length - cell.body.radius, 0.0),
        branch_length=path_length(steps),
        diameter=2 * float(np.median(cell.distance[tuple(own.T)])),
    )


def _outside_body(branch: NDArray[np.int64], body: Body) -> NDArray[np.int64]:
    """Return a branch from its end to the body circle, its first pixel at least.

    So a branch with a tip at either end gives each tip its own side. S0 removes a disc of 10 px around the
    centre from such branches only; the body circle suits cells of any size, and all branches are alike.
    """
    inside = np.hypot(*(branch - body.centre).T) <= body.radius
    stop = int(inside.argmax()) if inside.any() else len(branch)
    return branch[: max(stop, 1)]


def _leaves_body(path: Path, body: Body) -> Point:
    """Return where a path from the body centre leaves the body circle for good."""
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
