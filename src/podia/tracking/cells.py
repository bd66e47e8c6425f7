"""All cells of a movie in one table of arrays, collected frame by frame.

Each cell is a row; rows are ordered by frame and label, and all later steps work on row numbers. Only
two frames of pixels are in memory at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from podia.data.drift import Drift
from podia.data.movie import LabelMovie
from podia.data.progress import Progress
from podia.tracking.frame_cells import Floats, FrameCells, Integers
from podia.tracking.solidity import solidities

__all__ = ["Cells", "Floats", "Integers", "Overlaps", "gather_cells", "gather_changed", "whole_pixel_shift"]


@dataclass(frozen=True)
class Overlaps:
    """Overlaps of cells in successive frames: K pairs of rows, and the number of shared pixels."""

    earlier: Integers
    later: Integers
    pixels: Integers

    @classmethod
    def none(cls) -> Overlaps:
        """Return no overlaps."""
        return cls(*(np.zeros(0, np.int64) for _ in range(3)))


@dataclass(frozen=True)
class Cells:
    """N cells in T frames.

    Parameters
    ----------
    frame, label, area
        ``(N,)``; area in px.
    solidity
        ``(N,)`` area divided by that of the convex hull.
    position
        ``(N, 2)`` centroid ``(y, x)`` in px of its own frame.
    stable
        ``(N, 2)`` centroid after drift correction.
    border_distance
        ``(N,)`` distance from the centroid to the nearest edge of the frame (the outer side of its pixels), px.
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
    notes: Callable[[FrameCells], None] | None = None,
) -> tuple[Cells, Overlaps]:
    """Collect the cells of `labels` and their overlaps in successive frames after drift correction.

    `notes` is called with each frame in turn.
    """
    frames: list[_Described] = []
    overlaps: list[_Shared] = []
    previous: FrameCells | None = None
    for index, image in enumerate(labels):
        frame = FrameCells.of(image)
        if notes is not None:
            notes(frame)
        frames.append(_Described(frame.label, frame.area, frame.centroid, solidities(frame)))
        if previous is not None:
            overlaps.append(_shared_pixels(previous, frame, whole_pixel_shift(drift, index, image.shape)))
        previous = frame
        progress("track", index + 1, labels.n_frames)
    return _join(frames, overlaps, drift, labels.frame_shape)


def gather_changed(
    labels: LabelMovie, drift: Drift, cells: Cells, overlaps: Overlaps, changed: Collection[int]
) -> tuple[Cells, Overlaps]:
    """Update `cells` and `overlaps` for `labels`, which differ only in the frames `changed`.

    Only these frames and their neighbours are read.
    """
    pixels: dict[int, FrameCells] = {}

    def read(frame: int) -> FrameCells:
        if frame not in pixels:
            pixels.pop(frame - 2, None)
            pixels[frame] = FrameCells.of(labels.frame(frame))
        return pixels[frame]

    frames: list[_Described] = []
    shared: list[_Shared] = []
    for index in range(labels.n_frames):
        if index > 0 and not {index - 1, index} & set(changed):
            shared.append(_known_overlaps(cells, overlaps, index - 1))
        elif index > 0:
            shift = whole_pixel_shift(drift, index, labels.frame_shape)
            shared.append(_shared_pixels(read(index - 1), read(index), shift))
        if index in changed:
            frame = read(index)
            frames.append(_Described(frame.label, frame.area, frame.centroid, solidities(frame)))
        else:
            rows = slice(cells.first[index], cells.first[index + 1])
            area = cells.area[rows].astype(np.int64)
            frames.append(_Described(cells.label[rows], area, cells.position[rows], cells.solidity[rows]))
        pixels.pop(index - 1, None)
    return _join(frames, shared, drift, labels.frame_shape)


@dataclass(frozen=True)
class _Described:
    """The n cells of a frame: labels, areas, centroids ``(n, 2)`` and solidities."""

    label: Integers
    area: Integers
    centroid: Floats
    solidity: Floats


@dataclass(frozen=True)
class _Shared:
    """Pairs of cells in successive frames, counted from 0, and the number of shared pixels, ``(K,)``."""

    earlier: Integers
    later: Integers
    pixels: Integers


def _known_overlaps(cells: Cells, overlaps: Overlaps, frame: int) -> _Shared:
    start, stop = np.searchsorted(overlaps.earlier, cells.first[[frame, frame + 1]])
    return _Shared(
        overlaps.earlier[start:stop] - cells.first[frame],
        overlaps.later[start:stop] - cells.first[frame + 1],
        overlaps.pixels[start:stop],
    )


def whole_pixel_shift(drift: Drift, frame: int, frame_shape: tuple[int, int]) -> tuple[int, int]:
    """Return the displacement of the centre of the field since the previous frame, in integer pixels ``(y, x)``.

    Overlaps are tens of pixels wide, so subpixel shifts and rotations do not matter.
    """
    middle = (np.array([frame_shape], dtype=np.float64) - 1) / 2
    moved = drift.restore(frame, drift.stabilise(frame - 1, middle)) - middle
    dy, dx = np.rint(moved[0]).astype(int)
    return int(dy), int(dx)


def _shared_pixels(previous: FrameCells, current: FrameCells, shift: tuple[int, int]) -> _Shared:
    """Return the pairs of cells that share pixels after `previous` is shifted by `shift`."""
    windows = []
    for size, step in zip(current.numbered.shape, shift, strict=True):
        step = max(-size, min(size, step))
        windows.append((slice(max(0, -step), size - max(0, step)), slice(max(0, step), size + min(0, step))))
    before = previous.numbered[windows[0][0], windows[1][0]]
    after = current.numbered[windows[0][1], windows[1][1]]
    both = (before > 0) & (after > 0)
    n_after = len(current) + 1
    keys, pixels = np.unique(before[both].astype(np.int64) * n_after + after[both], return_counts=True)
    earlier, later = np.divmod(keys, n_after)
    return _Shared(earlier - 1, later - 1, pixels.astype(np.int64))


def _join(
    frames: Sequence[_Described], overlaps: Sequence[_Shared], drift: Drift, frame_shape: tuple[int, int]
) -> tuple[Cells, Overlaps]:
    first = np.concatenate([[0], np.cumsum([len(one.label) for one in frames])]).astype(np.int64)
    position = np.concatenate([one.centroid for one in frames])
    stable = np.concatenate([drift.stabilise(t, one.centroid) for t, one in enumerate(frames)])
    from_first, from_last = position + 0.5, np.array(frame_shape) - 0.5 - position
    cells = Cells(
        frame=np.repeat(np.arange(len(frames)), np.diff(first)),
        label=np.concatenate([one.label for one in frames]),
        area=np.concatenate([one.area for one in frames]).astype(np.float64),
        solidity=np.concatenate([one.solidity for one in frames]),
        position=position,
        stable=stable,
        border_distance=np.minimum(from_first, from_last).min(axis=1, initial=np.inf),
        first=first,
    )
    if not overlaps:
        return cells, Overlaps.none()
    return cells, Overlaps(
        np.concatenate([one.earlier + first[t] for t, one in enumerate(overlaps)]),
        np.concatenate([one.later + first[t + 1] for t, one in enumerate(overlaps)]),
        np.concatenate([one.pixels for one in overlaps]),
    )
