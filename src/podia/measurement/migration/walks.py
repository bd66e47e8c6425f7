"""Tracks packed into arrays for batched filters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from podia.measurement.motion import Frames, Positions

Path = tuple[Frames, Positions]
"""Frames ``(N,)`` of a cell, ascending, and its positions ``(N, 2)``, with drift removed."""


@dataclass(frozen=True)
class Walks:
    """N paths of at most K steps, longest first, so that those active at a step are the first ones.

    Parameters
    ----------
    places
        ``(K, N, 2)`` position after each step, relative to the start; zeros after the end.
    intervals
        ``(K, N)`` duration of each step in frames: more than one across a gap.
    n_active
        ``(K,)`` number of paths with at least as many steps.
    order
        ``(N,)`` index of each path in the input.
    """

    places: NDArray[np.float64]
    intervals: NDArray[np.float64]
    n_active: NDArray[np.int64]
    order: NDArray[np.int64]

    @classmethod
    def pack(cls, paths: Sequence[Path], drift: NDArray[np.float64] | None = None) -> Walks:
        """Pack `paths` of at least two positions each; `drift` ``(2,)``, px per frame, is removed."""
        order = np.array(sorted(range(len(paths)), key=lambda i: (-len(paths[i][0]), i)), dtype=np.int64)
        n_steps = np.array([len(paths[i][0]) - 1 for i in order], dtype=np.int64)
        longest = int(n_steps.max(initial=0))
        places = np.zeros((longest, len(paths), 2))
        intervals = np.ones((longest, len(paths)))
        for column, index in enumerate(order.tolist()):
            frames, positions = paths[index]
            elapsed = (frames[1:] - frames[0]).astype(np.float64)
            places[: n_steps[column], column] = positions[1:] - positions[0]
            if drift is not None:
                places[: n_steps[column], column] -= elapsed[:, None] * drift
            intervals[: n_steps[column], column] = np.diff(frames)
        n_active = (n_steps[None, :] > np.arange(longest)[:, None]).sum(axis=1)
        return cls(places, intervals, n_active.astype(np.int64), order)

    @property
    def n_paths(self) -> int:
        """Number of paths, N."""
        return len(self.order)

    @property
    def n_steps(self) -> NDArray[np.int64]:
        """Number of steps of each path, ``(N,)``."""
        under_way = self.n_active[:, None] > np.arange(self.n_paths)
        return np.asarray(under_way.sum(axis=0), dtype=np.int64)

    def restored(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return `values` ``(..., N)`` in the order of the input."""
        back = np.empty_like(values)
        back[..., self.order] = values
        return back
