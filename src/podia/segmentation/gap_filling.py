"""Cells put back into frames in which they vanish for a moment, as focus is lost.

S0 smooths the binary video in time, keeps every original mask, and adds smoothed-in objects of at least 100 px that
join a gap. Its released code smooths at threshold 0, which doubles the area of a cell that does not move and merges
neighbours. Here an object is added to a frame only if

- a cell before and a cell after, at most ``max_gap_frames`` missing frames apart, lie on each other, and
- the frame is empty over nine tenths of both of them,

so cells that are there are never changed, widened or joined. What is added is the shape half-way between the two.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import FrameSource, LabelImage, LabelMovie
from podia.segmentation.config import GapFillingConfig

_MISSING = 0.9
"""Share of a cell that must be missing. A spread cell of which the nucleus is left has not vanished."""
_IN_COMMON = 0.5
"""Share of the smaller one that cells before and after must have in common."""


def fill_gaps(labels: LabelMovie, config: GapFillingConfig | None = None) -> LabelMovie:
    """Return `labels` with vanished cells put back under new labels; pixels that have a label keep it.

    Frames are filled when they are read, from the original labels of at most ``max_gap_frames`` frames on either
    side. The last ``2 * max_gap_frames + 1`` frames read are kept, so that reading in order reads each frame of
    `labels` once.
    """
    config = config or GapFillingConfig()
    source = _GapFilledSource(labels.source, config, labels.calibration.length_per_px)
    return replace(labels, source=source)


@dataclass(frozen=True)
class _GapFilledSource:
    """Frames of another source with vanished cells put back; holds only the frames around the last one read."""

    source: FrameSource
    config: GapFillingConfig
    length_per_px: float
    _recent: OrderedDict[int, LabelImage] = field(default_factory=OrderedDict, repr=False, compare=False)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a frame's pixels."""
        return np.dtype(np.int32)

    def read(self, frame: int) -> LabelImage:
        """Return the filled labels of frame `frame`, ``(Y, X)``."""
        reach = self.config.max_gap_frames
        first, last = max(0, frame - reach), min(self.shape[0] - 1, frame + reach)
        window = [self._original(index) for index in range(first, last + 1)]
        min_area_px = self.config.min_area_um2 / self.length_per_px**2
        return fill_frame(window, frame - first, reach, min_area_px)

    def _original(self, index: int) -> LabelImage:
        labels = self._recent.get(index)
        if labels is None:
            labels = self.source.read(index).astype(np.int32, copy=False)
            self._recent[index] = labels
            while len(self._recent) > 2 * self.config.max_gap_frames + 1:
                self._recent.popitem(last=False)
        else:
            self._recent.move_to_end(index)
        return labels

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_recent": OrderedDict()}


def fill_frame(
    window: list[LabelImage], position: int, max_gap_frames: int, min_area_px: float
) -> LabelImage:
    """Return the labels at `position` of `window` (consecutive frames, each ``(Y, X)``) with gaps filled.

    The closest frames before and after are tried first. New labels follow the largest one of the frame.
    """
    filled = window[position].copy()
    pairs = [
        (before, after)
        for before in range(1, position + 1)
        for after in range(1, len(window) - position)
        if before + after - 1 <= max_gap_frames
    ]
    for before, after in sorted(pairs, key=sum):
        earlier, later = window[position - before], window[position + after]
        for a, b in _vanished(earlier, later, filled):
            shape = _half_way(earlier == a, later == b, after / (before + after)) & (filled == 0)
            if np.count_nonzero(shape) >= min_area_px:
                filled[shape] = filled.max() + 1
    return filled


def _vanished(earlier: LabelImage, later: LabelImage, now: LabelImage) -> list[tuple[int, int]]:
    """Return pairs of labels of `earlier` and `later` that lie on each other where `now` is mostly empty."""
    empty = now == 0
    both = (earlier > 0) & (later > 0) & empty
    if not both.any():
        return []
    pairs, common = np.unique(np.stack([earlier[both], later[both]]), axis=1, return_counts=True)
    area_a, area_b = np.bincount(earlier.ravel()), np.bincount(later.ravel())
    free_a, free_b = np.bincount(earlier[empty]), np.bincount(later[empty])
    a, b = pairs
    missing = (free_a[a] >= _MISSING * area_a[a]) & (free_b[b] >= _MISSING * area_b[b])
    overlap = common > _IN_COMMON * np.minimum(area_a[a], area_b[b])
    return [(int(i), int(j)) for i, j in pairs[:, missing & overlap].T]


def _half_way(earlier: NDArray[np.bool_], later: NDArray[np.bool_], weight: float) -> NDArray[np.bool_]:
    """Return the shape between two, `weight` being the share of the earlier: signed distances averaged."""
    rows, columns = ndi.find_objects((earlier | later).astype(np.uint8))[0]
    box = (slice(max(rows.start - 1, 0), rows.stop + 1), slice(max(columns.start - 1, 0), columns.stop + 1))
    mixed = weight * _signed_distance(earlier[box]) + (1.0 - weight) * _signed_distance(later[box])
    shape = np.zeros_like(earlier)
    shape[box] = mixed > 0
    return shape


def _signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance to the outline, positive inside; 0.5 px next to it on either side."""
    padded = np.pad(mask, 1)
    inside = ndi.distance_transform_edt(padded)
    outside = ndi.distance_transform_edt(~padded)
    return np.asarray(np.where(padded, inside - 0.5, 0.5 - outside)[1:-1, 1:-1])
