"""Combination of Cell Tracking Challenge (CTC) labels: gold, silver, and markers of cells without either.

Gold labels are drawn manually, on a few frames, and lack some cells at the border. Silver labels are computed, on every
frame, and lack more: 5.9 % (HeLa 01) and 4.7 % (PSC 01) of the markers, which exist for every cell, have no mask. If
such cells counted as background, a network would learn to miss cells.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from podia.data.movie import LabelImage
from podia.training.data.annotated import UNLABELLED, FrameLabels


@dataclass(frozen=True)
class GoldOverSilver:
    """Gold labels, completed on their frames by silver cells that gold lacks; silver labels on all other frames."""

    gold: FrameLabels
    silver: FrameLabels

    def __call__(self, frame: int) -> LabelImage:
        """Return the labels of `frame`, ``(Y, X)``."""
        if frame not in self.gold.frames:
            return self.silver.read(frame)
        gold = self.gold.read(frame)
        added = _lacking_cells(gold, self.silver, frame)
        return np.where(added > 0, added + gold.max(), gold).astype(np.int32)


@dataclass(frozen=True)
class GoldWhereKnown:
    """Gold labels; unlabelled where only silver has a cell."""

    gold: FrameLabels
    silver: FrameLabels

    def __call__(self, frame: int) -> LabelImage:
        """Return the labels of `frame`, ``(Y, X)``."""
        gold = self.gold.read(frame)
        lacking = _lacking_cells(gold, self.silver, frame) > 0
        return np.where(lacking, np.int32(UNLABELLED), gold)


@dataclass(frozen=True)
class UnlabelledAroundMarkers:
    """Labels that are unlabelled around markers without a mask.

    Around such a marker, background becomes unlabelled where this marker is the nearest one, up to the diameter of a
    typical cell of the frame (of a disc of the median area).
    """

    labels: FrameLabels
    markers: FrameLabels

    def __call__(self, frame: int) -> LabelImage:
        """Return the labels of `frame`, ``(Y, X)``."""
        labels = self.labels.read(frame)
        if frame not in self.markers.frames:
            return labels
        markers = self.markers.read(frame)
        bare = _bare(markers, labels)
        areas = np.bincount(labels[labels > 0])
        if not bare.any() or not areas.any():
            return labels
        width = 2 * np.sqrt(np.median(areas[areas > 0]) / np.pi)
        to_bare, to_others = _distance(bare), _distance((markers > 0) & ~bare)
        unknown = (labels == 0) & (to_bare <= width) & (to_bare < to_others)
        return np.where(unknown, np.int32(UNLABELLED), labels)


def _bare(markers: LabelImage, labels: LabelImage) -> NDArray[np.bool_]:
    """Return the pixels of markers that are less than half labelled."""
    area = np.bincount(markers.ravel())
    labelled = np.bincount(markers[labels > 0], minlength=len(area))
    is_bare = 2 * labelled < area
    is_bare[0] = False
    return np.asarray(is_bare[markers])


def _distance(pixels: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance to the nearest of `pixels`; infinite if there are none."""
    if not pixels.any():
        return np.full(pixels.shape, np.inf)
    return np.asarray(distance_transform_edt(~pixels))


def _lacking_cells(gold: LabelImage, silver: FrameLabels, frame: int) -> LabelImage:
    """Return the silver cells that gold covers by less than half, without the covered pixels."""
    if frame not in silver.frames:
        return np.zeros_like(gold)
    labels = silver.read(frame)
    area = np.bincount(labels.ravel())
    covered = np.bincount(labels[gold > 0], minlength=len(area))
    lacking = 2 * covered < area
    lacking[0] = False
    return np.where(lacking[labels] & (gold == 0), labels, 0).astype(np.int32)
