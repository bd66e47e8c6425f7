"""True protrusion tips and protrusion lengths of simulated cells."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.simulation.geodesics import BodyCircle, body_circle, path_lengths, shortest_path
from podia.simulation.masks import CellMask
from podia.simulation.shape import Arm, CellShape

MIN_LENGTH_IN_WIDTHS = 2.0
"""Minimum length beyond the body circle of a protrusion, in multiples of its width; shorter ones are stubs, which are
ignored in evaluations."""

_JUST_INSIDE_PX = 1.0


@dataclass(frozen=True)
class Tip:
    """A protrusion in one frame, px; fields as the columns of ``tips.csv``."""

    protrusion_id: int
    tip_y: float
    tip_x: float
    base_y: float
    base_x: float
    length: float
    length_beyond_body: float
    width_px: float
    counts: bool


def cell_tips(shape: CellShape, mask: CellMask) -> list[Tip]:
    """Return the tips of a cell that are visible in its mask, including protrusions that are too short to count.

    - The *tip* is the most distal point of the cell on the protrusion's centre line: where that line, continued
      straight past its end, meets the outline.
    - *length* is the length of the shortest path inside the cell from the body centre to the tip; the body
      centre is that of the largest circle inside the cell.
    - *base* is where that path leaves this circle, *length_beyond_body* what is left of it from there.
    - *width_px* is the median width of the protrusion between base and tip, across its centre line.

    All refer to the whole cell, also where the frame's edge cuts it.
    """
    outside = [arm for arm in shape.arms if _sticks_out(shape, arm)]
    if not outside:
        return []
    circle = body_circle(shape)
    tips = [_measure(shape, arm, circle) for arm in outside]
    return [tip for tip, arm in zip(tips, outside, strict=True) if _shows(tip, arm, mask)]


def _sticks_out(shape: CellShape, arm: Arm) -> bool:
    u, v = (np.asarray(value) for value in arm.tip())
    return bool(shape.body_depth(*arm.to_cell(u, v)) < 0.0)


def _measure(shape: CellShape, arm: Arm, circle: BodyCircle) -> Tip:
    path = shortest_path(arm, circle)
    length = float(np.hypot(*np.diff(path, axis=0).T).sum())
    inside, base = path_lengths(path, circle.radius)
    along = np.linspace(min(float(base[0]), arm.reach), arm.reach, 25)
    width = 2.0 * float(np.median(arm.half_width(along)))
    tip_y, tip_x = _in_frame(shape, arm, path[-1])
    base_y, base_x = _in_frame(shape, arm, base)
    beyond = length - inside
    return Tip(
        protrusion_id=arm.protrusion_id,
        tip_y=tip_y,
        tip_x=tip_x,
        base_y=base_y,
        base_x=base_x,
        length=length,
        length_beyond_body=beyond,
        width_px=width,
        counts=beyond >= MIN_LENGTH_IN_WIDTHS * width,
    )


def _in_frame(shape: CellShape, arm: Arm, point: NDArray[np.float64]) -> tuple[float, float]:
    y, x = arm.to_cell(point[0], point[1])
    return float(y) + shape.y, float(x) + shape.x


def _shows(tip: Tip, arm: Arm, mask: CellMask) -> bool:
    """Return whether the tip lies in the frame and the pixel just inside it belongs to the mask."""
    height, width = mask.frame_shape
    if not (0.0 <= tip.tip_y <= height - 1.0 and 0.0 <= tip.tip_x <= width - 1.0):
        return False
    direction = arm.angle + math.atan(float(arm.slope(np.asarray(arm.reach))))
    return mask.holds(
        tip.tip_y - _JUST_INSIDE_PX * math.sin(direction), tip.tip_x - _JUST_INSIDE_PX * math.cos(direction)
    )
