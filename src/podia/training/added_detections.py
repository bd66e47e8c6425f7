"""Addition of a network's detections to the annotation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from podia.data.movie import LabelImage
from podia.labels.discs import draw_discs, near_points
from podia.training.data.annotated import DISC_RADIUS_PX, UNLABELLED, FrameLabels, UsableMovie

Use = Literal["annotation", "ignore"]


def add_detections(
    usable: UsableMovie, found: Mapping[int, NDArray[np.float64]], *, use: Use, ignore_radius_px: float
) -> UsableMovie:
    """Return the movie with detections ``(N, 2)`` (y, x in px), by frame, added to the background of its labels.

    With the use ``annotation``, detections become cells, drawn as discs as for points. If cells are annotated by masks,
    and with the use ``ignore``, a disc of `ignore_radius_px` becomes unlabelled instead: neither cell nor background.
    """
    movie = usable.annotated
    read = movie.labels.read_frame
    changed = (
        _WithCells(read, found)
        if use == "annotation" and movie.marks == "points"
        else _WithoutBackground(read, found, ignore_radius_px)
    )
    labels = FrameLabels(movie.labels.frames, movie.labels.frame_shape, changed)
    return replace(usable, annotated=replace(movie, labels=labels))


@dataclass(frozen=True)
class _WithCells:
    read_frame: Callable[[int], LabelImage]
    found: Mapping[int, NDArray[np.float64]]

    def __call__(self, frame: int) -> LabelImage:
        labels = self.read_frame(frame)
        if frame not in self.found:
            return labels
        discs = draw_discs(self.found[frame], (labels.shape[0], labels.shape[1]), DISC_RADIUS_PX)
        added = (labels == 0) & (discs > 0)
        return np.where(added, discs + max(int(labels.max()), 0), labels).astype(np.int32)


@dataclass(frozen=True)
class _WithoutBackground:
    read_frame: Callable[[int], LabelImage]
    found: Mapping[int, NDArray[np.float64]]
    radius_px: float

    def __call__(self, frame: int) -> LabelImage:
        labels = self.read_frame(frame)
        if frame not in self.found:
            return labels
        near = near_points(self.found[frame], (labels.shape[0], labels.shape[1]), self.radius_px)
        return np.where(near & (labels == 0), np.int32(UNLABELLED), labels)
