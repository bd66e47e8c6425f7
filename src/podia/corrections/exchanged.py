"""Detection of swapped tracks: neighbours that exchange size, shape and brightness at the same time.

For two tracks and a frame, the means over the frames just before and just after are compared, each feature in units of
its natural change along tracks of the movie. If features are independent and normal, half the sum of squared changes is
a negative log likelihood. "Exchanged" has to fit better than "as linked", and than "as linked, and one of the two cells
changed by itself": a cell that rounds up or is partly covered changes sides with its neighbours, too, but they do not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.spatial import cKDTree

_FEATURES = ("area", "intensity_mean", "intensity_std", "solidity", "aspect_ratio")
_RATIOS = ("area", "intensity_std", "aspect_ratio")
"""Features compared as ratios."""
_WINDOW = 4
"""Number of frames before and after over which features are averaged; at least two of each must exist."""
_NEAR = 1.5
"""Maximum distance of two cells that can be exchanged, relative to the sum of their radii."""
_CHANGE_COST = 4.0
"""Cost of one cell that changes by itself, such as one that rounds up, as a log likelihood."""
_MIN_GAIN = 8.0

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Exchange:
    """Two tracks that are probably swapped from `frame` on, with the log likelihood ratio."""

    frame: int
    first: int
    second: int
    gain: float


def exchanges(cells: pd.DataFrame) -> list[Exchange]:
    """Return probable swaps, the clearest first, and only the clearest one per pair and time.

    Parameters
    ----------
    cells
        The table of cells in pixels and frames: ``frame``, ``track_id``, ``y``, ``x``, ``area``, and the other features
        if available.
    """
    names = [name for name in _FEATURES if name in cells]
    found = (
        sorted(_candidates(cells, names), key=lambda one: -one.gain) if len(names) > 1 and len(cells) else []
    )
    kept: list[Exchange] = []
    for one in found:
        pair = {one.first, one.second}
        if not any(
            pair == {other.first, other.second} and abs(one.frame - other.frame) <= 2 * _WINDOW
            for other in kept
        ):
            kept.append(one)
    return kept


def _candidates(cells: pd.DataFrame, names: list[str]) -> Iterator[Exchange]:
    ordered = cells.sort_values(["track_id", "frame"], ignore_index=True)
    features = np.array(ordered[names], np.float64)
    ratios = [names.index(name) for name in names if name in _RATIOS]
    features[:, ratios] = np.log(np.maximum(features[:, ratios], 1e-9))
    frames = ordered["frame"].to_numpy(np.int64)
    tracks = ordered["track_id"].to_numpy(np.int64)
    before, after = _means_around(features, frames, tracks)
    change = after - before
    known = np.isfinite(change).all(axis=1)
    if known.sum() < 20:
        return
    scatter = 1.4826 * np.median(np.abs(change[known] - np.median(change[known], axis=0)), axis=0)
    usable = scatter > 0
    if not usable.any():
        return
    before, after = before[:, usable] / scatter[usable], after[:, usable] / scatter[usable]
    places = ordered[["y", "x"]].to_numpy(np.float64)
    radius = np.sqrt(ordered["area"].to_numpy(np.float64) / np.pi)
    rows = np.flatnonzero(known & np.isfinite(radius))
    for frame in np.unique(frames[rows]):
        here = rows[frames[rows] == frame]
        pairs = cKDTree(places[here]).query_pairs(
            2 * _NEAR * float(radius[here].max()), output_type="ndarray"
        )
        one, other = here[pairs[:, 0]], here[pairs[:, 1]]
        near = np.hypot(*(places[one] - places[other]).T) < _NEAR * (radius[one] + radius[other])
        one, other = one[near], other[near]
        gain = _gain(before[one], after[one], before[other], after[other])
        for index in np.flatnonzero(gain > _MIN_GAIN):
            yield Exchange(int(frame), int(tracks[one[index]]), int(tracks[other[index]]), float(gain[index]))


def _gain(before_1: Floats, after_1: Floats, before_2: Floats, after_2: Floats) -> Floats:
    """Return how much better "exchanged" fits than "as linked", and than "as linked, and one of the two changed"."""
    own_1, own_2 = ((after_1 - before_1) ** 2).sum(axis=1), ((after_2 - before_2) ** 2).sum(axis=1)
    crossed = ((after_1 - before_2) ** 2 + (after_2 - before_1) ** 2).sum(axis=1)
    linked = np.minimum(own_1 + own_2, np.minimum(own_1, own_2) + 2 * _CHANGE_COST)
    return np.asarray((linked - crossed) / 2, dtype=np.float64)


def _means_around(
    features: Floats, frames: NDArray[np.int64], tracks: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Return the mean features before each row, and from it on; NaN with fewer than two frames."""
    before, after = np.full_like(features, np.nan), np.full_like(features, np.nan)
    starts = np.flatnonzero(np.r_[True, tracks[1:] != tracks[:-1]])
    for start, end in zip(starts, np.r_[starts[1:], len(tracks)], strict=True):
        own = frames[start:end]
        sums = np.vstack([np.zeros(features.shape[1]), np.cumsum(features[start:end], axis=0)])
        place = np.arange(len(own))
        first = np.searchsorted(own, own - _WINDOW)
        last = np.searchsorted(own, own + _WINDOW)
        for means, low, high in ((before, first, place), (after, place, last)):
            count = high - low
            enough = count >= 2
            means[start:end][enough] = (sums[high] - sums[low])[enough] / count[enough, None]
    return before, after
