"""Kymographs: values along the edge of each cell over time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.edge_tables import KYMOGRAPHS

Rows = NDArray[np.float32]
"""``(R, P)``: one row per cell and frame, one column per position."""


@dataclass(frozen=True)
class Kymographs:
    """Kymographs of all cells, with R rows sorted by track and then frame.

    Parameters
    ----------
    track_ids, frames
        ``(R,)`` track and frame of each row.
    arrays
        Name -> ``(R, P)``, the columns of :data:`~podia.data.tables.KYMOGRAPHS`. P positions around the cell: a column
        follows one point of the moving edge; neighbouring columns are neighbouring points, and the last column is
        adjacent to the first.
    """

    track_ids: NDArray[np.int64]
    frames: NDArray[np.int64]
    arrays: Mapping[str, Rows]

    @property
    def n_positions(self) -> int:
        """Number of positions around a cell, P."""
        return int(next(iter(self.arrays.values())).shape[1])

    def of_track(self, track_id: int, name: str) -> tuple[NDArray[np.int64], Rows]:
        """Return the frames ``(T,)`` of a cell, and its kymograph `name` ``(T, P)``."""
        first, last = np.searchsorted(self.track_ids, [track_id, track_id + 1])
        return self.frames[first:last], self.arrays[name][first:last]

    def conform(self, calibration: Calibration) -> Self:
        """Convert kymographs in pixels and frames to the units and names of `calibration`, in place."""
        values = {}
        for column in KYMOGRAPHS.columns:
            rows = self.arrays[column.name]
            np.multiply(rows, np.float32(column.factor(calibration)), out=rows)
            values[column.resolved_name(calibration)] = rows
        return type(self)(self.track_ids, self.frames, values)
