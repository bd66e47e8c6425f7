"""Links between cells, and the tracks formed by them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from podia.data.lineage import Lineage
from podia.tracking.cells import Cells, Integers


@dataclass
class Forest:
    """Links between the rows of :class:`~podia.tracking.cells.Cells`, filled in step by step.

    Parameters
    ----------
    successor, predecessor
        ``(N,)`` next and previous row of each cell; -1 for none.
    second_daughter
        Row of a parent to row of its second daughter; the first daughter is its successor.
    survivor
        Last row of a track to the row that it merges into.
    """

    successor: Integers
    predecessor: Integers
    second_daughter: dict[int, int] = field(default_factory=dict)
    survivor: dict[int, int] = field(default_factory=dict)

    @classmethod
    def of(cls, n_cells: int) -> Forest:
        """Create a forest of `n_cells` cells without links."""
        return cls(np.full(n_cells, -1, np.int64), np.full(n_cells, -1, np.int64))

    def link(self, earlier: Integers, later: Integers) -> None:
        """Link each of `earlier` to the corresponding one of `later`."""
        self.successor[earlier] = later
        self.predecessor[later] = earlier

    def divide(self, mother: int, first: int, second: int) -> None:
        """Divide `mother`: `first` continues its run of links, `second` starts a new run."""
        self.successor[mother] = first
        self.predecessor[first] = mother
        self.second_daughter[mother] = second

    def copy(self) -> Forest:
        """Return a copy."""
        return Forest(
            self.successor.copy(), self.predecessor.copy(), dict(self.second_daughter), dict(self.survivor)
        )

    def unlink(self, earlier: int) -> None:
        """Remove the link from `earlier`."""
        self.predecessor[self.successor[earlier]] = -1
        self.successor[earlier] = -1

    def segments(self) -> Integers:
        """Return the number of the run of links of each row, ``(N,)``; runs are numbered by their first rows."""
        segment = np.full(len(self.successor), -1, np.int64)
        starts = np.flatnonzero(self.predecessor < 0)
        rows, numbers = starts, np.arange(len(starts))
        while len(rows):  # advance all runs together
            segment[rows] = numbers
            rows = self.successor[rows]
            rows, numbers = rows[rows >= 0], numbers[rows >= 0]
        return segment


def drop_short_tracks(forest: Forest, cells: Cells, min_frames: int) -> Integers:
    """Remove tracks in fewer than `min_frames` frames from `forest`; return the remaining rows.

    Parents are kept regardless of their length. If one daughter is removed, the other continues its parent's track,
    after which tracks are checked again.
    """
    kept = np.ones(len(cells), dtype=bool)
    while True:
        track = _tracks(forest)
        lengths = np.bincount(track)
        parents = track[list(forest.second_daughter)] if forest.second_daughter else np.zeros(0, np.int64)
        short = (lengths < min_frames) & ~np.isin(np.arange(len(lengths)), parents)
        short &= np.bincount(track, weights=kept) > 0
        if not short.any():
            return np.flatnonzero(kept)
        gone = short[track]
        kept &= ~gone
        _cut(forest, gone)


def _cut(forest: Forest, gone: np.ndarray) -> None:
    forest.survivor = {
        last: into for last, into in forest.survivor.items() if not gone[last] and not gone[into]
    }
    for parent, second in list(forest.second_daughter.items()):
        first = int(forest.successor[parent])
        if not (gone[first] or gone[second]):
            continue
        del forest.second_daughter[parent]
        if gone[first]:
            forest.unlink(parent)
            if not gone[second]:
                forest.link(np.array([parent]), np.array([second]))


def _tracks(forest: Forest) -> Integers:
    """Return the number of the track of each row, ``(N,)``: runs of links, cut at divisions."""
    cut = Forest(forest.successor.copy(), forest.predecessor.copy())
    for parent in forest.second_daughter:
        cut.unlink(parent)
    return cut.segments()


def to_lineage(forest: Forest, cells: Cells, rows: Integers) -> Lineage:
    """Convert the cells in `rows` to a lineage, with tracks numbered from 1 by first frame and label."""
    track = _tracks(forest)
    track_id = np.searchsorted(np.unique(track[rows]), track) + 1
    parents = {
        int(track_id[daughter]): int(track_id[parent])
        for parent, second in forest.second_daughter.items()
        for daughter in (forest.successor[parent], second)
    }
    merged_into = {int(track_id[last]): int(track_id[into]) for last, into in forest.survivor.items()}
    nodes = pd.DataFrame(
        {
            "frame": cells.frame[rows],
            "label": cells.label[rows],
            "track_id": track_id[rows],
            "y": cells.position[rows, 0],
            "x": cells.position[rows, 1],
        }
    )
    return Lineage(nodes, parents, merged_into)
