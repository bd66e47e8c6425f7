"""Outlines of the cells of a frame, sampled evenly by arc length.

Outlines of C cells are concatenated in arrays of N points ("ragged"): cell ``c`` has the points
``starts[c]`` to ``starts[c + 1]``. All have the same orientation and are closed: the last point of a cell is followed
by its first.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from skimage.measure import find_contours

from podia.data.field_of_view import FieldOfView
from podia.data.movie import Image
from podia.measurement.edge.config import EdgeConfig
from podia.measurement.regions import Regions

Points = NDArray[np.float64]
"""``(N, 2)`` positions ``(y, x)`` in px."""

Starts = NDArray[np.int64]
"""``(C + 1,)`` index of the first point of each cell."""

_MIN_POINTS = 12
_CUT_WITHIN_PX = 1.5
"""Distance from the edge of the frame within which points lie on the cut, not on the edge of the cell."""


@dataclass(frozen=True)
class Outlines:
    """Outlines of the C cells of a frame.

    Parameters
    ----------
    labels
        ``(C,)`` values in the label image.
    starts
        ``(C + 1,)`` first point of each cell.
    points
        ``(N, 2)`` in px of the frame; single precision, since they are stored.
    intensity
        ``(N,)`` mean grey value of the band under each point, NaN where the band is empty.
    is_cut
        ``(N,)`` whether the outline follows the edge of the frame.
    """

    labels: NDArray[np.int64]
    starts: Starts
    points: NDArray[np.float32]
    intensity: NDArray[np.float32]
    is_cut: NDArray[np.bool_]

    def of(self, cell: int) -> slice:
        """Return the slice of the points of a cell."""
        return slice(int(self.starts[cell]), int(self.starts[cell + 1]))

    def pick(self, cells: NDArray[np.int64]) -> Outlines:
        """Return the outlines of some cells, in that order."""
        counts = np.diff(self.starts)[cells]
        starts = np.concatenate([[0], np.cumsum(counts)])
        points = np.arange(starts[-1]) + np.repeat(self.starts[cells] - starts[:-1], counts)
        return Outlines(
            self.labels[cells], starts, self.points[points], self.intensity[points], self.is_cut[points]
        )


def find_outlines(
    regions: Regions, image: Image, config: EdgeConfig, band_px: float, field: FieldOfView | None = None
) -> Outlines:
    """Trace the outer outline of the largest piece of each cell, without holes, cut at the edge of `field`.

    The outline is the level 0.5 of the mask smoothed by a Gaussian, which is accurate to a fraction of a pixel on a
    straight edge.
    """
    traced = [_trace(regions, cell, config.smoothing_px) for cell in range(regions.n_cells)]
    points, starts = sample_evenly(traced, config.spacing_px)
    near = (field or FieldOfView.whole(regions.frame_shape)).depth(*points.T)
    (first,) = derivatives(points, starts, config.curvature_scale_px / config.spacing_px, orders=(1,))
    owner = np.repeat(np.arange(regions.n_cells), np.diff(starts))
    return Outlines(
        labels=regions.labels,
        starts=starts,
        points=points.astype(np.float32),
        intensity=_band_mean(points, outward_normals(first), owner, regions, image, band_px).astype(
            np.float32
        ),
        is_cut=near < _CUT_WITHIN_PX,
    )


def _trace(regions: Regions, cell: int, smoothing_px: float) -> Points:
    """Return the largest closed outline of a cell, oriented so that :func:`signed_area` is positive."""
    margin = int(np.ceil(3 * smoothing_px)) + 1
    mask = np.pad(regions.mask(cell).astype(np.float32), margin)
    top, left = regions.mask_origin(cell)
    smooth = gaussian_filter(mask, smoothing_px, truncate=3.0, mode="constant")
    # A cell of a few pixels may not reach one half anywhere.
    level = min(0.5, 0.5 * float(smooth.max()))
    closed = [line[:-1] for line in find_contours(smooth, level)]
    areas = [signed_area(line) for line in closed]
    largest = int(np.argmax(np.abs(areas)))
    line = closed[largest] if areas[largest] > 0 else closed[largest][::-1]
    return np.asarray(line + np.array([top - margin, left - margin]), dtype=np.float64)


def signed_area(line: Points) -> float:
    """Return the area inside a closed line, positive for the orientation from x to y."""
    y, x = line.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def sample_evenly(lines: list[Points], spacing_px: float) -> tuple[Points, Starts]:
    """Sample all closed lines at equal distances; return the points, and the index of the first point of each line."""
    if not lines:
        return np.empty((0, 2)), np.zeros(1, dtype=np.int64)
    closed = [np.concatenate([line, line[:1]]) for line in lines]
    sizes = np.array([len(line) for line in closed])
    nodes = np.concatenate(closed)
    steps = np.hypot(*np.diff(nodes, axis=0).T)
    ends = np.cumsum(sizes)
    # Lines are not connected to each other.
    steps[ends[:-1] - 1] = 0.0
    along = np.concatenate([[0.0], np.cumsum(steps)])
    low, high = along[ends - sizes], along[ends - 1]
    counts = np.maximum(np.rint((high - low) / spacing_px).astype(np.int64), _MIN_POINTS)
    starts = np.concatenate([[0], np.cumsum(counts)])
    share = (np.arange(starts[-1]) - np.repeat(starts[:-1], counts)) / np.repeat(counts, counts)
    where = np.repeat(low, counts) + share * np.repeat(high - low, counts)
    # The end of one line and the start of the next have the same length: search from just above.
    node = np.clip(np.searchsorted(along, where, side="right") - 1, 0, len(nodes) - 2)
    part = (where - along[node]) / np.maximum(along[node + 1] - along[node], 1e-12)
    return nodes[node] + np.clip(part, 0, 1)[:, None] * (nodes[node + 1] - nodes[node]), starts


def outward_normals(first: Points) -> Points:
    """Return unit normals ``(N, 2)`` as ``(y, x)`` from first derivatives along the outline."""
    length = np.maximum(np.hypot(*first.T), 1e-12)
    return np.asarray(np.stack([-first[:, 1], first[:, 0]], axis=1) / length[:, None], dtype=np.float64)


def curvatures(first: Points, second: Points) -> NDArray[np.float64]:
    """Return the curvature in 1/px, positive where the cell is convex: 1 / radius on a disc.

    ``(x' y'' - y' x'') / (x'^2 + y'^2)^(3/2)`` of the smoothed outline (Mokhtarian & Mackworth, IEEE PAMI 1992).
    """
    square = np.maximum((first**2).sum(axis=1), 1e-12)
    return np.asarray((first[:, 1] * second[:, 0] - first[:, 0] * second[:, 1]) / square**1.5)


def derivatives(points: Points, starts: Starts, scale: float, *, orders: tuple[int, ...]) -> list[Points]:
    """Return derivatives with respect to the point index of closed lines smoothed by a Gaussian of `scale` points."""
    sums = [np.zeros_like(points) for _ in orders]
    for step, other, weight, width in _neighbours(starts, scale):
        for order, total in zip(orders, sums, strict=True):
            # Weights of the derivative of a Gaussian, from the neighbour's side.
            factor = step / width**2 if order == 1 else step**2 / width**4 - 1 / width**2
            total += (weight * factor)[:, None] * (points[other] - points)
    return sums


def smoothed_along(values: NDArray[np.float64], starts: Starts, scale: float) -> NDArray[np.float64]:
    """Smooth `values` ``(N,)`` along the outline with a Gaussian of `scale` points; undefined values stay undefined."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    total, weights = np.zeros(len(values)), np.zeros(len(values))
    for _, other, weight, _ in _neighbours(starts, scale):
        total += weight * filled[other]
        weights += weight * known[other]
    averages: NDArray[np.float64] = np.divide(total, weights, out=np.full(len(values), np.nan), where=known)
    return averages


def _neighbours(
    starts: Starts, scale: float
) -> Iterator[tuple[int, NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]]:
    """Yield offset, neighbouring points, their weights under the Gaussian, and the width of the Gaussian."""
    counts = np.diff(starts)
    begin, count = np.repeat(starts[:-1], counts), np.repeat(counts, counts)
    own = np.arange(int(starts[-1])) - begin
    # Limit the Gaussian to a sixth of a short line, which it would smooth away otherwise.
    width = np.minimum(scale, count / 6)
    reach = int(np.ceil(3 * scale))
    for step in range(-reach, reach + 1):
        weight = np.exp(-0.5 * (step / width) ** 2) / (np.sqrt(2 * np.pi) * width)
        yield step, begin + (own + step) % count, weight, width


def _band_mean(
    points: Points,
    normals: Points,
    owner: NDArray[np.int64],
    regions: Regions,
    image: Image,
    band_px: float,
) -> NDArray[np.float64]:
    """Return the mean grey value of the cell's pixels from the edge to `band_px` inside; NaN if there are none."""
    grey = image.astype(np.float64)
    limits = np.array(image.shape) - 1
    total, n_inside = np.zeros(len(points)), np.zeros(len(points))
    for depth in np.arange(0.5, max(band_px, 1.0), 1.0):
        inner = points - depth * normals
        pixel = np.clip(np.rint(inner).astype(np.int64), 0, limits)
        own = regions.numbered[tuple(pixel.T)] == owner + 1
        value = map_coordinates(grey, inner.T, order=1, mode="nearest")
        total += np.where(own, value, 0.0)
        n_inside += own
    mean: NDArray[np.float64] = np.divide(
        total, n_inside, out=np.full(len(points), np.nan), where=n_inside > 0
    )
    return mean
