"""Protrusion tips of one cell: the ends of its skeleton, carried on to the outline (S0, section 4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.body import Body, Mask, Point, distance_to_outline, find_body, join_pieces
from podia.measurement.protrusions.geodesic import Geodesics, Path, path_length
from podia.measurement.protrusions.pruning import cap_length, prune
from podia.measurement.protrusions.skeleton import Pixel, find_skeleton

_RAY_STEP = 0.1
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


def find_protrusions(mask: Mask, config: ProtrusionConfig, calibration: Calibration) -> CellProtrusions:
    """Return the protrusions of the cell `mask`, which has a pixel of background around it.

    Skeleton branches that are not significant are pruned. Each end that is left is carried on along its
    branch to the outline, from which thinning has withdrawn it. It counts as a tip where it is far enough
    from the body centre and beyond the body circle.
    """
    distance = distance_to_outline(mask)
    body = find_body(distance)
    joined = join_pieces(mask, distance, config.min_piece_share)
    if joined is not mask:
        distance = distance_to_outline(joined)
    skeleton = find_skeleton(joined, distance)
    prune(skeleton, distance, config)
    geodesics = Geodesics(joined, body.centre)
    tips = []
    for end, branch in skeleton.free_ends():
        course = uncapped(branch.seen_from(end), distance, config.min_slenderness)
        position = carry_to_outline(course, joined, distance)
        tip = _measure_tip(position, course, body, geodesics, distance, config)
        long_enough = tip.length >= config.min_length_in_px(calibration)
        if long_enough and tip.length_beyond_body >= config.min_length_beyond_body_in_px(calibration):
            tips.append(tip)
    tips.sort(key=lambda tip: (-tip.length, tip.position))
    diameters = tuple(2 * float(distance[point]) for point in skeleton.branch_points())
    return CellProtrusions(body, tuple(tips), diameters)


def uncapped(
    pixels: tuple[Pixel, ...], distance: NDArray[np.float64], min_slenderness: float
) -> NDArray[np.int64]:
    """Return a branch, seen from its free end, without its cap.

    Near a blunt end the skeleton stops short or turns to a corner. The cap is the part next to the end
    that is no longer than the cell is wide there.
    """
    return np.array(pixels[cap_length(pixels, distance, min_slenderness) :])


def carry_to_outline(course: NDArray[np.int64], mask: Mask, distance: NDArray[np.float64]) -> Point:
    """Return where the straight continuation of a branch, ``(K, 2)`` from its end, leaves the cell."""
    radius = float(distance[tuple(course[0])])
    near = course[np.hypot(*(course - course[0]).T) <= max(2 * radius, _COURSE_PX)]
    start, direction = _fit_ray(near, mask)
    reach = np.arange(0.0, 3 * radius + 3, _RAY_STEP)
    ray = start + reach[:, None] * direction
    pixels = np.clip(np.rint(ray).astype(np.int64), 0, np.array(mask.shape) - 1)
    leaves = int((~mask[tuple(pixels.T)]).argmax())
    y, x = ray[max(leaves - 1, 0)]
    return float(y), float(x)


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


def _measure_tip(
    position: Point,
    course: NDArray[np.int64],
    body: Body,
    geodesics: Geodesics,
    distance: NDArray[np.float64],
    config: ProtrusionConfig,
) -> Tip:
    path = geodesics.path_to(position)
    length = path_length(path) if config.geodesic == "euclidean" else geodesics.chamfer_length_to(position)
    own = _outside_body(course, body)
    steps = [position, *map(tuple, own[:-1:_COURSE_PX].tolist()), tuple(own[-1].tolist())]
    return Tip(
        position=position,
        base=_leaves_body(path, body),
        length=length,
        length_beyond_body=max(length - body.radius, 0.0),
        branch_length=path_length(steps),
        diameter=2 * float(np.median(distance[tuple(own.T)])),
    )


def _outside_body(course: NDArray[np.int64], body: Body) -> NDArray[np.int64]:
    """Return a branch from its end to the body circle, its first pixel at least.

    So a branch with a tip at either end gives each tip its own side. S0 removes a disc of 10 px around the
    centre from such branches only; the body circle suits cells of any size, and all branches are alike.
    """
    inside = np.hypot(*(course - body.centre).T) <= body.radius
    stop = int(inside.argmax()) if inside.any() else len(course)
    return course[: max(stop, 1)]


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
