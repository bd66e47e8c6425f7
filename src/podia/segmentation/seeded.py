"""Seeded segmentation: growth of positions to masks.

The foreground comes from EGT or PHANTAST. Each of its pixels is assigned to the point with the cheapest path. Paths are
expensive in bright halos and along the outline of the foreground, so that touching cells are split at halos and necks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.calibration import Calibration
from podia.data.errors import InvalidInputError
from podia.data.finite import require_finite
from podia.data.movie import Image, LabelImage, LabelMovie, MappedSource, Movie
from podia.labels.cleaning import fill_cell_holes, keep_largest_pieces
from podia.labels.discs import draw_discs
from podia.labels.foreground import EIGHT_NEIGHBOURS, Mask, remove_small_objects
from podia.labels.geodesic_growth import grow_geodesic
from podia.labels.points import positions_by_frame
from podia.segmentation.config import GrowthConfig
from podia.segmentation.egt import egt_foreground
from podia.segmentation.phantast import phantast_foreground

Points = NDArray[np.float64]


def grow_points(
    image: Image,
    points: Points,
    config: GrowthConfig | None = None,
    calibration: Calibration | None = None,
) -> LabelImage:
    """Grow each of `points` ``(N, 2)`` to a mask; return labels ``(Y, X)``, k + 1 for point k.

    A point outside the foreground is assigned foreground within reach that contains no other point; if there is none,
    a small region up to the surrounding edges. Of two points in one pixel, the second has no mask. Other foreground
    without a point is removed, or kept with labels above N (``keep_unmarked``).

    Parameters
    ----------
    image
        Grey values ``(Y, X)``.
    points
        Positions ``(y, x)`` in px of the image.
    config
        Settings. Default: the default settings.
    calibration
        Converts lengths to pixels; without a pixel size, areas are in px2.

    Raises
    ------
    InvalidInputError
        If a point lies outside the image, or grey values are not finite.

    Examples
    --------
    A point in a constant image gets the pixels around it:

    >>> masks = grow_points(np.full((60, 60), 100.0), np.array([[20.0, 20.0], [50.0, 45.0]]))
    >>> [int(masks[y, x]) for y, x in ((20, 20), (50, 45), (5, 55))]
    [1, 2, 0]
    """
    config = config or GrowthConfig()
    calibration = calibration or Calibration()
    require_finite(image, "The image")
    _require_inside(points, image.shape)
    area_scale = (1.0 / calibration.length_per_px) ** 2
    foreground = _foreground(image, config, calibration)
    labels = np.zeros(image.shape, dtype=np.int32)
    if len(points):
        labels = _grow(image, points, foreground, config, calibration)
        if config.min_kept_of_halo > 0:
            with_halo = _foreground(image, _without_halo_correction(config), calibration)
            larger = _grow(image, points, with_halo, config, calibration)
            labels = _restore_shrunk_cells(labels, larger, config.min_kept_of_halo)
    if config.keep_unmarked:
        labels = _with_unmarked(labels, foreground, config.min_unmarked_area_um2 * area_scale, len(points))
    return labels


def grow_movie(movie: Movie, points: pd.DataFrame, config: GrowthConfig | None = None) -> LabelMovie:
    """Grow a table of positions (columns ``frame``, ``y``, ``x``) to masks; frames are grown when they are read.

    Labels of a frame are the numbers of its rows in `points`, from 1. A frame without positions is empty.

    Raises
    ------
    InvalidInputError
        If a position lies outside the movie, or two positions of a frame are in the same pixel; when a frame is read,
        if its grey values are not finite.
    """
    growth = _Growth(positions_by_frame(points, movie), config or GrowthConfig(), movie.calibration)
    source = MappedSource(movie.source, growth, np.dtype(np.int32), movie.frame_shape)
    return LabelMovie(source, movie.calibration, movie.name)


@dataclass(frozen=True)
class _Growth:
    """Grows the positions of a frame; a class, so that the label movie can be pickled."""

    positions: Mapping[int, Points]
    config: GrowthConfig
    calibration: Calibration

    def __call__(self, frame: int, image: Image) -> LabelImage:
        """Return the labels of frame `frame`, whose pixels are `image` ``(Y, X)``."""
        if frame not in self.positions:
            return np.zeros(image.shape, dtype=np.int32)
        return grow_points(image, self.positions[frame], self.config, self.calibration)


def _require_inside(points: Points, shape: tuple[int, ...]) -> None:
    outside = (np.rint(points) < 0) | (np.rint(points) >= np.array(shape))
    if outside.any():
        y, x = points[outside.any(axis=1)][0]
        raise InvalidInputError(
            f"The point y {y:g}, x {x:g} is outside the image of {shape[0]} x {shape[1]} px. Positions are in px."
        )


def _foreground(image: Image, config: GrowthConfig, calibration: Calibration) -> Mask:
    if config.foreground == "egt":
        return egt_foreground(image, config.egt, calibration)
    return phantast_foreground(image, config.phantast, calibration)


def _without_halo_correction(config: GrowthConfig) -> GrowthConfig:
    halo = config.egt.halo.model_copy(update={"enabled": False})
    return config.model_copy(
        update={name: getattr(config, name).model_copy(update={"halo": halo}) for name in ("egt", "phantast")}
    )


def _restore_shrunk_cells(labels: LabelImage, larger: LabelImage, min_kept: float) -> LabelImage:
    """Replace cells of `labels` that shrank much more than the others by their shape in `larger`."""
    n_labels = int(larger.max(initial=0)) + 1
    kept = np.bincount(labels.ravel(), minlength=n_labels)[:n_labels]
    share = kept[1:] / np.maximum(np.bincount(larger.ravel(), minlength=n_labels)[1:], 1)
    eaten = np.zeros(n_labels, dtype=bool)
    eaten[1:] = share < min_kept * np.median(share)
    free = (labels == 0) | (labels == larger)
    return keep_largest_pieces(np.where(eaten[larger] & free, larger, labels).astype(np.int32))


def _grow(
    image: Image, points: Points, foreground: Mask, config: GrowthConfig, calibration: Calibration
) -> LabelImage:
    seeds = draw_discs(points, (image.shape[0], image.shape[1]), config.seed_radius.in_px(calibration))
    stray = _stray(points, foreground)
    around = draw_discs(points[stray], foreground.shape, config.reach.in_px(calibration)) > 0
    cost = _cost(image, foreground, seeds, config, calibration)
    reached, total = grow_geodesic(seeds, cost, foreground | around)
    # Background between a point and distant foreground is not part of a cell, nor a path into a neighbour.
    off = ~foreground & (seeds == 0) & (total > config.stray_radius.in_px(calibration))
    labels, total_without = grow_geodesic(seeds, cost, (foreground | around) & ~off)
    # Foreground without a point belongs to the point beside it.
    missed = foreground & (labels == 0) & np.append(False, stray)[reached]
    labels = np.where(missed, reached, labels)
    labels = _within_area(labels, np.where(missed, total, total_without), config.max_area_medians)
    return _without_holes(
        keep_largest_pieces(labels), config.max_hole_area_um2 / calibration.length_per_px**2
    )


def _stray(points: Points, foreground: Mask) -> NDArray[np.bool_]:
    """Return which points do not lie in the foreground, ``(N,)``."""
    rows, columns = np.rint(points).astype(np.int64).T
    stray: NDArray[np.bool_] = ~foreground[rows, columns]
    return stray


def _cost(
    image: Image, foreground: Mask, seeds: LabelImage, config: GrowthConfig, calibration: Calibration
) -> NDArray[np.float32]:
    """Return the path cost of each pixel: 1 in the middle of a cell, more in halos, along outlines and across edges."""
    smoothed = ndi.gaussian_filter(
        image.astype(np.float32), config.smoothing.in_px(calibration), mode="nearest"
    )
    outside = ~foreground
    ground = np.median(image[outside]) if outside.any() else np.median(image)
    spread = float(image[foreground].std()) if foreground.any() else float(image.std())
    cost = np.ones(image.shape, np.float32)
    if spread > 0:
        cost += config.brightness_weight * np.maximum(smoothed - ground, 0) / np.float32(spread)
    depth = ndi.distance_transform_edt(foreground | (seeds > 0))
    cost += config.outline_weight * np.exp(-depth / config.outline_width.in_px(calibration)).astype(
        np.float32
    )
    # In the foreground, edges are mostly texture of the cell; outside, they are the outlines of cells.
    slope = np.hypot(ndi.sobel(smoothed, 0, mode="nearest"), ndi.sobel(smoothed, 1, mode="nearest"))
    usual = float(np.median(slope[outside])) if outside.any() else 0.0
    if usual > 0:
        cost[outside] += config.edge_weight * slope[outside] / np.float32(usual)
    return cost


def _within_area(labels: LabelImage, total: NDArray[np.float64], max_medians: float) -> LabelImage:
    """Return `labels` with large cells cut to that many median areas, keeping the pixels with the cheapest paths."""
    areas = np.bincount(labels.ravel())[1:]
    limit = int(max_medians * np.median(areas[areas > 0]))
    limited = labels.copy()
    for label in np.flatnonzero(areas > limit) + 1:
        pixels = np.flatnonzero(labels == label)
        nearest_first = np.argsort(total.ravel()[pixels], kind="stable")
        limited.ravel()[pixels[nearest_first[limit:]]] = 0
    return limited


def _without_holes(labels: LabelImage, max_area_px: float) -> LabelImage:
    """Return `labels` with small holes filled, also those cut by the edge of the frame."""
    # In the mirrored image, the cell surrounds a hole at the edge, with up to twice the area.
    margin = min(int(np.ceil(np.sqrt(max_area_px))), *labels.shape)
    mirrored = fill_cell_holes(np.pad(labels, margin, mode="symmetric"), max_area_px)
    return np.ascontiguousarray(
        mirrored[margin : labels.shape[0] + margin, margin : labels.shape[1] + margin]
    )


def _with_unmarked(labels: LabelImage, foreground: Mask, min_area_px: float, n_points: int) -> LabelImage:
    """Return `labels` with regions of foreground without a point, numbered from `n_points` + 1."""
    patches, _ = ndi.label(remove_small_objects(foreground & (labels == 0), min_area_px), EIGHT_NEIGHBOURS)
    return np.where(patches > 0, patches + np.int32(n_points), labels).astype(np.int32)
