"""What a network is to predict, drawn from labels."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from scipy import ndimage as ndi

from podia.data.config import FrozenConfig
from podia.data.movie import LabelImage
from podia.labels.discs import near_points
from podia.labels.distances import depth_inside, distances_to_two_nearest
from podia.labels.foreground import Mask
from podia.networks.outputs.heads import Head
from podia.networks.outputs.ignore_mask import known_surroundings
from podia.networks.outputs.pixel_weights import PixelWeights, pixel_weight_map

Target = NDArray[np.float32]
"""What is to be predicted, ``(C, Y, X)``; -1 where unlabelled."""

_NEIGHBOUR_POWER = 3
"""Makes the closeness fall steeply at first (Scherr et al. 2020)."""


class TargetConfig(FrozenConfig):
    """How targets are drawn; sizes in pixels of the network's scale."""

    contour_px: int = Field(1, ge=1, le=10, description="Width of the contour class, inside cells (S1: 1).")
    gap_px: int = Field(
        0,
        ge=0,
        le=5,
        description="Width of the background drawn into each of two touching cells, for foreground and mask only "
        "(Ronneberger et al. 2015 train on such gaps).",
    )
    neighbour_reach_px: float = Field(
        10.0, gt=1, description="Gap between two cells from which on they are not neighbours, px."
    )
    spot_sigma_px: float = Field(3.0, gt=0, description="Standard deviation of the spots, px.")
    tip_radius_px: float = Field(3.0, gt=0, description="Radius of the disc on a protrusion tip, px.")
    spot_sigma_um: float | None = Field(
        None,
        gt=0,
        description="Standard deviation of the spots, um, in place of spot_sigma_px where the pixel size is known.",
    )
    known_radius_px: float | None = Field(
        None,
        gt=0,
        description="Background is known only within this distance of an annotated cell (of its centre where it was "
        "clicked, or spots alone are learned), px; elsewhere a cell may have been left out. None (null): everywhere.",
    )
    background_spacing_px: int | None = Field(
        8,
        ge=1,
        description="Beyond known_radius_px, one pixel in each block of this edge still counts as background, so that "
        "empty regions stay empty, px; none (null): no pixel does.",
    )
    presence_radius_px: float = Field(
        4.0, gt=0, description="Head presence: this near to a centre a window holds the cell, px."
    )
    absence_radius_px: float = Field(
        25.0,
        gt=0,
        description="Head presence: this far from all centres it holds none; between, nothing is known, px.",
    )

    def spot_sigma_in_px(self, pixel_size_um: float | None) -> float:
        """Return the standard deviation of the spots in pixels of that size."""
        if self.spot_sigma_um is None or pixel_size_um is None:
            return self.spot_sigma_px
        return self.spot_sigma_um / pixel_size_um


@dataclass(frozen=True)
class LabelKind:
    """What labels tell of a frame.

    Parameters
    ----------
    instances
        One cell from the next; where not, cells from background alone.
    outlines
        Where cells end; where not, labels are discs on their positions.
    pixel_size_um
        Edge of a pixel, where it is known.
    """

    instances: bool = True
    outlines: bool = True
    pixel_size_um: float | None = None


def n_target_channels(head: Head, *, weights: bool = False) -> int:
    """Return the number of channels that :func:`make_target` gives."""
    return {"distance": 3, "cells_and_spots": 2}.get(head, 1) + int(weights)


def make_target(
    labels: LabelImage,
    head: Head,
    config: TargetConfig | None = None,
    *,
    weights: PixelWeights | None = None,
    kind: LabelKind | None = None,
) -> Target:
    """Return what `head` is to predict for `labels` ``(Y, X)``: 0 background, positive cells, -1 unlabelled.

    Parameters
    ----------
    labels
        Cells of one frame or crop. What its edge cuts counts as going on: the edge is no outline. The edge of an
        unlabelled region is one, as it is where only some cells were drawn.
    head
        Gives the channels: ``foreground`` and ``contour`` one of class numbers; ``mask`` cell 0/1; ``distance``
        cell 0/1, depth and neighbour, both 0..1; ``spots`` 0..1; ``cells_and_spots`` cell 0/1 and spots 0..1;
        ``presence`` 0/1, -1 between; ``instances`` the labels themselves.
    config
        Widths and reaches.
    weights
        Adds a last channel, the weight of each pixel (0 where unlabelled), for losses that ask for it.
    kind
        What the labels tell; without, all. Where they tell cells from background alone, what depends on outlines
        between cells is unlabelled: depth and neighbour, the classes inside cells, and spots and presence as far as
        the centres of cells may reach. Where they are positions alone, all but spots and presence is.

    Returns
    -------
    Target
        ``(C, Y, X)``; -1 where unlabelled.

    Examples
    --------
    >>> cells = np.zeros((5, 6), np.int32)
    >>> cells[1:4, 1:4] = 7
    >>> make_target(cells, "contour")[0, 2]
    array([0., 2., 1., 2., 0., 0.], dtype=float32)
    """
    config, kind = config or TargetConfig(), kind or LabelKind()
    channels = _head_channels(labels, head, config, kind)
    unlabelled = labels < 0
    if config.known_radius_px is not None and head not in ("presence", "instances"):
        near = _near_annotated(labels, head, config.known_radius_px, kind)
        unlabelled = unlabelled | ~known_surroundings(near, config.background_spacing_px)
    for channel in channels:
        channel[unlabelled] = -1.0
    if not kind.instances:
        _leave_out_instances(channels, labels, head, _reach_of_centres(head, config, kind))
    if not kind.outlines and head not in ("spots", "presence"):
        for channel in channels[:-1] if head == "cells_and_spots" else channels:
            channel[:] = -1.0
    if weights is not None:
        channels.append(pixel_weight_map(labels, weights))
    return np.stack(channels)


def _near_annotated(labels: LabelImage, head: Head, radius_px: float, kind: LabelKind) -> Mask:
    """Return which pixels are within `radius_px` of a cell, or of its centre where that is all that is told."""
    if head == "spots" or not kind.outlines:
        return near_points(_centroids(labels, kind), labels.shape, radius_px)
    cells = labels > 0
    return np.asarray(ndi.distance_transform_edt(~cells) <= radius_px) if cells.any() else cells


def _leave_out_instances(
    channels: list[NDArray[np.float32]], labels: LabelImage, head: Head, reach_px: float
) -> None:
    """Mark as unlabelled, in place, what depends on single cells: as far as the centres in a foreground reach."""
    if head == "distance":
        for channel in channels[1:]:
            channel[:] = -1.0
    elif head in ("contour", "spots", "cells_and_spots", "presence", "instances") and (labels > 0).any():
        channels[-1][ndi.distance_transform_edt(labels <= 0) <= reach_px] = -1.0


def _reach_of_centres(head: Head, config: TargetConfig, kind: LabelKind) -> float:
    """Return how far from a cell's centre its target reaches, px; 0 for heads whose targets end with the cell."""
    if head == "presence":
        return config.absence_radius_px
    return _spot_reach(config, kind) if head in ("spots", "cells_and_spots") else 0.0


def _spot_reach(config: TargetConfig, kind: LabelKind) -> float:
    """Return how far a spot is drawn, px."""
    return 4.0 * config.spot_sigma_in_px(kind.pixel_size_um)


def _head_channels(
    labels: LabelImage, head: Head, config: TargetConfig, kind: LabelKind
) -> list[NDArray[np.float32]]:
    if head == "contour":
        return [_contour_classes(labels, config.contour_px)]
    if head == "distance":
        cell = (labels > 0).astype(np.float32)
        return [cell, depth_inside(labels, relative=True), _closeness(labels, config.neighbour_reach_px)]
    if head == "spots":
        return [_spots(labels, config, kind)]
    if head == "cells_and_spots":
        return [(labels > 0).astype(np.float32), _spots(labels, config, kind)]
    if head == "presence":
        return [_presence(labels, config, kind)]
    if head == "instances":
        return [labels.astype(np.float32)]  # exact up to 16 million
    return [(_open_gaps(labels, config.gap_px) > 0).astype(np.float32)]


def _contour_classes(labels: LabelImage, contour_px: int) -> NDArray[np.float32]:
    """Return 0 on background, 1 inside cells, 2 on the outermost `contour_px` pixels of each cell (S1)."""
    inner = labels
    for _ in range(contour_px):
        inner = np.where(_differs_from_a_neighbour(inner), 0, inner)
    in_cell = labels > 0
    return np.asarray(in_cell.astype(np.float32) + (in_cell & (inner <= 0)))


def _differs_from_a_neighbour(labels: LabelImage) -> NDArray[np.bool_]:
    """Return which pixels have one of another value among their eight neighbours; outside the frame is none."""
    highest = ndi.maximum_filter(labels, 3, mode="nearest")
    return np.asarray((highest != labels) | (ndi.minimum_filter(labels, 3, mode="nearest") != labels))


def _open_gaps(labels: LabelImage, gap_px: int) -> LabelImage:
    """Return `labels` without their outermost `gap_px` pixels where another cell touches."""
    for _ in range(gap_px):
        # Background and unlabelled pixels must not be the lowest value around, or they would count as cells.
        others = np.where(labels > 0, labels, np.iinfo(np.int32).max)
        lowest = ndi.minimum_filter(others, 3, mode="nearest")
        highest = ndi.maximum_filter(labels, 3, mode="nearest")
        labels = np.where((labels > 0) & (lowest != highest), 0, labels)
    return labels


def _closeness(labels: LabelImage, reach_px: float) -> NDArray[np.float32]:
    """Return how near the second nearest cell is: 1 where two cells touch, 0 from a gap of `reach_px` on.

    After the neighbour distances of Scherr et al. 2020, PLoS ONE 15, e0243219: inside a cell it falls with the
    distance to the next one. Here the distance is that to the nearest two cells together (Ronneberger et al. 2015),
    so that the background between two cells has the value of the cells' edges beside it.
    """
    first, second = distances_to_two_nearest(labels, reach_px + 1.0)
    closeness = np.clip(1.0 - (first + second - 1.0) / np.float32(reach_px), 0.0, 1.0)
    return np.asarray(closeness**_NEIGHBOUR_POWER, dtype=np.float32)


def _centroids(labels: LabelImage, kind: LabelKind) -> NDArray[np.float64]:
    """Return the cells' centroids ``(N, 2)`` in px, by ascending label; none where cells are not told apart."""
    cells = np.unique(labels[labels > 0]) if kind.instances else np.empty(0)
    return np.array(ndi.center_of_mass(labels > 0, labels, cells) if cells.size else []).reshape(-1, 2)


def _spots(labels: LabelImage, config: TargetConfig, kind: LabelKind) -> NDArray[np.float32]:
    """Return Gaussian spots of height 1 on the cells' centroids; where two overlap, the higher counts (S4)."""
    sigma_px = config.spot_sigma_in_px(kind.pixel_size_um)
    spots = np.zeros(labels.shape, np.float32)
    reach = _spot_reach(config, kind)
    for y, x in _centroids(labels, kind):
        rows, columns = (slice(max(ceil(c - reach), 0), floor(c + reach) + 1) for c in (y, x))
        area = spots[rows, columns]
        dy = np.arange(rows.start, rows.start + area.shape[0])[:, None] - y
        dx = np.arange(columns.start, columns.start + area.shape[1])[None, :] - x
        np.maximum(area, np.exp(-(dy**2 + dx**2) / (2.0 * sigma_px**2)), out=area, casting="same_kind")
    return spots


def _presence(labels: LabelImage, config: TargetConfig, kind: LabelKind) -> NDArray[np.float32]:
    """Return 1 near the cells' centroids, 0 far from all of them, -1 between (S4's crops on and off cells)."""
    centroids = _centroids(labels, kind)
    absent = ~near_points(centroids, labels.shape, config.absence_radius_px)
    present = near_points(centroids, labels.shape, config.presence_radius_px)
    return np.where(present, 1.0, np.where(absent, 0.0, -1.0)).astype(np.float32)
