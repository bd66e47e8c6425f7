"""Edges that were followed before: what is kept of them, and where."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from podia.data.edge_tables import EDGES

EDGE_MEASURES = tuple(name for name in EDGES.base_names if name not in ("frame", "time", "track_id"))
"""Columns of the table EDGES that are measured."""


@dataclass(frozen=True)
class FollowedEdge:
    """What following leaves of one cell's edge in a frame: its K kymograph rows, M measures and N positions.

    Parameters
    ----------
    kymographs
        ``(K, P)`` in the order of :data:`~podia.data.edge_tables.KYMOGRAPHS`.
    measures
        ``(M,)`` in the order of :data:`EDGE_MEASURES`.
    positions
        ``(N + 1,)`` position of each point of the outline, and of the first one again.
    """

    kymographs: NDArray[np.float32]
    measures: NDArray[np.float64]
    positions: NDArray[np.float64]


class EdgeMemory(Protocol):
    """Keeps followed edges by a key of all that they depend on: the outlines of the track up to that frame."""

    def recall(self, frame: int, keys: Sequence[bytes]) -> Mapping[bytes, FollowedEdge]:
        """Return the edges among `keys` that are known in a frame."""
        ...

    def keep(self, frame: int, edges: Mapping[bytes, FollowedEdge]) -> None:
        """Keep all edges of a frame, in place of those that were kept before."""
        ...
