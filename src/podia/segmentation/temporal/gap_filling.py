"""Gap filling: restores cells that vanish for a few frames, such as out of focus.

Gómez-de-Mariscal et al. 2021 smooth the binary video in time, keep every original mask, and add smoothed-in objects of
at least 100 px that join a gap. Their released code smooths at threshold 0, which doubles the area of a cell that does
not move and merges neighbours. Here, an object is added to a frame only if

- a cell before and a cell after, at most ``max_gap_frames`` missing frames apart, overlap, and
- the frame is empty in nine tenths of the area of both, so that existing cells are never changed, enlarged or merged.

The added shape is interpolated between the two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import LabelImage, LabelMovie
from podia.labels.cleaning import keep_largest_pieces
from podia.labels.shape_interpolation import blend_distances
from podia.segmentation.config import GapFillingConfig
from podia.segmentation.temporal.window import WindowedLabels, pairs_around

_MISSING = 0.9
"""Fraction of a cell that must be missing. A spread cell whose nucleus is still detected has not vanished."""
_IN_COMMON = 0.5
"""Minimum overlap of the cells before and after, as a fraction of the smaller one."""


def fill_gaps(labels: LabelMovie, config: GapFillingConfig | None = None) -> LabelMovie:
    """Restore vanished cells in `labels` under new labels; labelled pixels keep their label.

    Frames are filled when they are read, from the original labels of at most ``max_gap_frames`` frames on either
    side. The last ``2 * max_gap_frames + 1`` frames read are kept, so that reading in order reads each frame of
    `labels` once.
    """
    config = config or GapFillingConfig()
    repair = partial(
        fill_frame,
        max_gap_frames=config.max_gap_frames,
        min_area_px=config.min_area_um2 / labels.calibration.length_per_px**2,
    )
    return replace(labels, source=WindowedLabels(labels.source, config.max_gap_frames, repair))


def fill_frame(
    window: Sequence[LabelImage], position: int, *, max_gap_frames: int, min_area_px: float
) -> LabelImage:
    """Return the labels at `position` of `window` (consecutive frames, each ``(Y, X)``) with gaps filled.

    The closest frames before and after are tried first. New labels follow the largest one of the frame.
    """
    filled = window[position].copy()
    for before, after in pairs_around(window, position, max_gap_frames):
        earlier, later = window[position - before], window[position + after]
        for a, b in _vanished(earlier, later, filled):
            shape = _half_way(earlier == a, later == b, after / (before + after)) & (filled == 0)
            # Other cells or the interpolation may split the shape.
            shape = keep_largest_pieces(shape.astype(np.int32)) > 0
            if np.count_nonzero(shape) >= min_area_px:
                filled[shape] = filled.max() + 1
    return filled


def _vanished(earlier: LabelImage, later: LabelImage, now: LabelImage) -> list[tuple[int, int]]:
    """Return pairs of overlapping labels of `earlier` and `later` where `now` is mostly empty."""
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
    """Return the shape interpolated between two by signed distances; `weight` is that of the earlier one."""
    rows, columns = ndi.find_objects((earlier | later).astype(np.uint8))[0]
    box = (slice(max(rows.start - 1, 0), rows.stop + 1), slice(max(columns.start - 1, 0), columns.stop + 1))
    shape = np.zeros_like(earlier)
    shape[box] = blend_distances(earlier[box], later[box], weight) > 0
    return shape
