"""All cells of a movie as one table of arrays, gathered frame by frame.

Strategy: a cell is a row, rows are ordered by frame and label, and everything later works on row numbers. Only
two frames of pixels are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from skimage.util import map_array

from podia.data.drift import Drift
from podia.data.movie import LabelImage, LabelMovie
from podia.data.progress import Progress
from podia.tracking.solidity import solidities

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Overlaps:
    """Which cells lie on each other in successive frames: K pairs of rows, and the pixels that they share."""

    earlier: Integers
    later: Integers
    pixels: Integers

    @classmethod
    def none(cls) -> Overlaps:
        """Return that no cell lies on another."""
        return cls(*(np.zeros(0, np.int64) for _ in range(3)))


@dataclass(frozen=True)
class Cells:
    """N cells in T frames.

    Parameters
    ----------
    frame, label, area
        ``(N,)``; area in px.
    solidity
        ``(N,)`` area over that of the convex hull.
    position
        ``(N, 2)`` centroid ``(y, x)`` in px of its own frame.
    stable
        ``(N, 2)`` the same with the drift of the field taken out.
    border_distance
        ``(N,)`` from the centroid to the nearest edge of the frame, px.
    first
        ``(T + 1,)`` the cells of frame ``t`` are the rows ``first[t]`` to ``first[t + 1] - 1``.
    """

    frame: Integers
    label: Integers
    area: Floats
    solidity: Floats
    position: Floats
    stable: Floats
    border_distance: Floats
    first: Integers

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def n_frames(self) -> int:
        """Number of frames, T."""
        return len(self.first) - 1

    def rows(self, frame: int) -> Integers:
        """Return the rows of `frame`."""
        return np.arange(self.first[frame], self.first[frame + 1])


def gather_cells(
    labels: LabelMovie,
    drift: Drift,
    progress: Progress,
    notes: Callable[[LabelImage], None] | None = None,
) -> tuple[Cells, Overlaps]:
    """Return the cells of `labels` and how they overlap from frame to frame under `drift`.

    `notes` is called with each frame, its cells numbered from 1.
    """
    frames: list[tuple[Integers, Integers, Floats]] = []
    solidity: list[Floats] = []
    overlaps: list[tuple[Integers, Integers, Integers]] = []
    first = np.zeros(labels.n_frames + 1, np.int64)
    previous: LabelImage | None = None
    for index, image in enumerate(labels):
        numbered, values = number_cells(image)
        if notes is not None:
            notes(numbered)
        description = _describe(numbered, values)
        frames.append(description)
        solidity.append(solidities(numbered, description[1]))
        first[index + 1] = first[index] + len(values)
        if previous is not None:
            shift = whole_pixel_shift(drift, index, labels.frame_shape)
            pairs, pixels = _shared_pixels(previous, numbered, shift)
            overlaps.append((pairs[0] - 1 + first[index - 1], pairs[1] - 1 + first[index], pixels))
        previous = numbered
        progress("track", index + 1, labels.n_frames)
    cells = _join(frames, np.concatenate(solidity), first, drift, labels.frame_shape)
    return cells, _join_overlaps(overlaps)


def number_cells(image: LabelImage) -> tuple[LabelImage, Integers]:
    """Return `image` with its labels replaced by 1, 2, 3 ..., and the labels that these stand for."""
    values = np.unique(image[image > 0])
    numbers = np.arange(1, len(values) + 1, dtype=np.int32)
    numbered: LabelImage = map_array(image, values, numbers)  # whatever is not in `values` becomes 0
    return numbered, values.astype(np.int64)


def _describe(numbered: LabelImage, values: Integers) -> tuple[Integers, Integers, Floats]:
    """Return labels ``(n,)``, areas ``(n,)`` and centroids ``(n, 2)``."""
    rows, cols = np.nonzero(numbered)
    cell = numbered[rows, cols] - 1
    areas = np.bincount(cell, minlength=len(values)).astype(np.int64)
    sums = [np.bincount(cell, weights=axis, minlength=len(values)) for axis in (rows, cols)]
    return values, areas, np.stack(sums, axis=1) / areas[:, None]


def whole_pixel_shift(drift: Drift, frame: int, frame_shape: tuple[int, int]) -> tuple[int, int]:
    """Return how far the middle of the field moved from the frame before to `frame`, in whole pixels ``(y, x)``.

    Overlap is a matter of tens of pixels, so neither the fraction nor a turn about the middle changes a link.
    """
    middle = (np.array([frame_shape], dtype=np.float64) - 1) / 2
    moved = drift.restore(frame, drift.stabilise(frame - 1, middle)) - middle
    dy, dx = np.rint(moved[0]).astype(int)
    return int(dy), int(dx)


def _shared_pixels(
    previous: LabelImage, current: LabelImage, shift: tuple[int, int]
) -> tuple[Integers, Integers]:
    """Return pairs ``(2, K)`` of cell numbers that share pixels once `previous` is moved by `shift`, and how many."""
    windows = []
    for size, step in zip(current.shape, shift, strict=True):
        step = max(-size, min(size, step))
        windows.append((slice(max(0, -step), size - max(0, step)), slice(max(0, step), size + min(0, step))))
    before = previous[windows[0][0], windows[1][0]]
    after = current[windows[0][1], windows[1][1]]
    both = (before > 0) & (after > 0)
    n_after = int(current.max(initial=0)) + 1
    keys, pixels = np.unique(before[both].astype(np.int64) * n_after + after[both], return_counts=True)
    return np.stack(np.divmod(keys, n_after)), pixels.astype(np.int64)


def _join(
    frames: list[tuple[Integers, Integers, Floats]],
    solidity: Floats,
    first: Integers,
    drift: Drift,
    frame_shape: tuple[int, int],
) -> Cells:
    label, area, position = (np.concatenate(parts) for parts in zip(*frames, strict=True))
    stable = np.concatenate([drift.stabilise(t, centroids) for t, (_, _, centroids) in enumerate(frames)])
    far_edge = np.array(frame_shape, dtype=np.float64) - 1
    return Cells(
        frame=np.repeat(np.arange(len(frames)), np.diff(first)),
        label=label.astype(np.int64),
        area=area.astype(np.float64),
        solidity=solidity,
        position=position,
        stable=stable,
        border_distance=np.minimum(position, far_edge - position).min(axis=1, initial=np.inf),
        first=first,
    )


def _join_overlaps(overlaps: list[tuple[Integers, Integers, Integers]]) -> Overlaps:
    if not overlaps:
        return Overlaps.none()
    return Overlaps(*(np.concatenate(parts) for parts in zip(*overlaps, strict=True)))
