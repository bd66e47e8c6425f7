"""Protrusion tips of one cell: the ends of its skeleton, carried on to the outline (S0, section 4)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.measurement.config import ProtrusionConfig
from podia.measurement.protrusions.body import Body, Mask, Point, distance_to_outline, find_body, join_pieces
from podia.measurement.protrusions.geodesic import Geodesics, path_length
from podia.measurement.protrusions.skeleton import Branch, Pixel, Skeleton, find_skeleton

_RAY_STEP = 0.1


@dataclass(frozen=True)
class Tip:
    """A protrusion: its tip, where its path enters the body circle, and its measures in pixels."""

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

    Skeleton branches that are no longer than the cell is wide there (a corner, a bump, noise of the outline)
    are pruned. Each end that is left is carried on along its branch to the outline, from which thinning has
    withdrawn it. It counts as a tip where it is far enough from the body centre and beyond the body circle.
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
        position = carry_to_outline(branch.seen_from(end), joined, distance, config.min_slenderness)
        tip = _measure_tip(position, branch.seen_from(end), body, geodesics, distance, config)
        if (
            tip.length >= config.min_length_in_px(calibration)
            and tip.length_beyond_body >= config.min_length_beyond_body_in_px(calibration)
        ):
            tips.append(tip)
    tips.sort(key=lambda tip: (-tip.length, tip.position))
    diameters = tuple(2 * float(distance[point]) for point in skeleton.branch_points())
    return CellProtrusions(body, tuple(tips), diameters)


def prune(skeleton: Skeleton, distance: NDArray[np.float64], config: ProtrusionConfig) -> None:
    """Remove free branches that are not significant, the lowest first, until none is left."""
    rises: dict[tuple[Pixel, Branch], float | None] = {}
    while True:
        spurs = []
        for end, branch in skeleton.free_ends():
            key = end, branch
            if key not in rises:
                rises[key] = _spur_rise(branch.seen_from(end), distance, config)
            rise = rises[key]
            if rise is not None:
                spurs.append((rise, end, branch))
        degrees = skeleton.degrees()
        spurs = [spur for spur in spurs if min(degrees[n] for n in spur[2].nodes) < max(degrees[n] for n in spur[2].nodes)]
        if not spurs:
            return
        skeleton.remove(min(spurs, key=lambda s: (s[0], s[1]))[2])


def _spur_rise(pixels: tuple[Pixel, ...], distance: NDArray[np.float64], config: ProtrusionConfig) -> float | None:
    """Return how far a branch rises above the disc at its foot, None if it is significant."""
    points = np.array(pixels)
    radius = distance[tuple(points.T)]
    from_foot = np.hypot(*(points - points[-1]).T) + radius
    rise = float(from_foot.max() - radius[-1])
    to_tip = np.hypot(*(points - points[0]).T) + radius[0]
    far = to_tip >= config.min_spur_px
    slenderness = float((to_tip[far] / radius[far]).max(initial=0.0))
    if rise >= config.min_spur_px and slenderness >= config.min_slenderness:
        return None
    return rise


def carry_to_outline(
    pixels: tuple[Pixel, ...], mask: Mask, distance: NDArray[np.float64], min_slenderness: float
) -> Point:
    """Return where a branch, seen from its free end, meets the outline.

    Near a blunt end the skeleton stops short or turns to a corner. So the part that is no longer than
    the cell is wide there is put aside, and the straight course of the branch before it is followed.
    """
    points = np.array(pixels, dtype=np.float64)
    radius = distance[tuple(np.array(pixels).T)]
    to_tip = np.hypot(*(points - points[0]).T) + radius[0]
    slender = to_tip >= min_slenderness * radius
    cap = int(slender.argmax()) if slender.any() else len(points) - 1
    start = points[cap]
    window = points[cap:]
    window = window[np.hypot(*(window - start).T) <= max(2 * radius[cap], 5.0)]
    centre = window.mean(axis=0)
    if len(window) > 1:
        direction = np.linalg.svd(window - centre, full_matrices=False)[2][0]
        direction *= math.copysign(1.0, direction @ (start - window[-1]))
    else:
        direction = (points[0] - points[-1]) / max(np.hypot(*(points[0] - points[-1])), 1.0)
    centred = centre + ((start - centre) @ direction) * direction
    if mask[tuple(np.rint(centred).astype(int))]:
        start = centred
    reach = np.arange(0.0, 3 * radius[cap] + 3, _RAY_STEP)
    ray = start + reach[:, None] * direction
    near = np.clip(np.rint(ray).astype(int), 0, np.array(mask.shape) - 1)
    outside = ~mask[tuple(near.T)]
    y, x = ray[max(int(outside.argmax()) - 1, 0)]
    return float(y), float(x)


def _measure_tip(
    position: Point,
    pixels: tuple[Pixel, ...],
    body: Body,
    geodesics: Geodesics,
    distance: NDArray[np.float64],
    config: ProtrusionConfig,
) -> Tip:
    path = geodesics.path_to(position)
    if config.geodesic == "euclidean":
        length = path_length(path)
    else:
        length = geodesics.chamfer_length_to(position)
    points = np.array(pixels)
    outside = points[np.hypot(*(points - body.centre).T) > body.radius]
    # own side: from the tip until the circle is entered
    inside = np.hypot(*(points - body.centre).T) <= body.radius
    stop = int(inside.argmax()) if inside.any() else len(points)
    own = points[: max(stop, 1)]
    branch = path_length([position, *map(tuple, own.tolist())])
    return Tip(
        position,
        _entry(path, body),
        length,
        max(length - body.radius, 0.0),
        branch,
        2 * float(np.median(distance[tuple(own.T)])),
    )


def _entry(path: list[Point], body: Body) -> Point:
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
