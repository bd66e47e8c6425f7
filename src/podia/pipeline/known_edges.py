"""Edges that were followed before, kept so that only tracks that were corrected are followed again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from podia.files.atomic import atomic_path
from podia.measurement.edge.known import FollowedEdge


@dataclass(frozen=True)
class KnownEdges:
    """An :data:`~podia.measurement.edge.known.EdgeMemory` on disk: one file per frame, exact to the last bit."""

    folder: Path

    def recall(self, frame: int, keys: Sequence[bytes]) -> dict[bytes, FollowedEdge]:
        """Return the edges among `keys` that are known in a frame."""
        if not self._path_of(frame).is_file():
            return {}
        with np.load(self._path_of(frame), allow_pickle=False) as stored:
            known = {key.tobytes(): row for row, key in enumerate(stored["keys"])}
            rows = {key: known[key] for key in keys if key in known}
            if not rows:
                return {}
            kymographs, measures, positions = (
                stored[name] for name in ("kymographs", "measures", "positions")
            )
            ends = stored["ends"].tolist()
        return {
            key: FollowedEdge(kymographs[row], measures[row], positions[ends[row] : ends[row + 1]])
            for key, row in rows.items()
        }

    def keep(self, frame: int, edges: Mapping[bytes, FollowedEdge]) -> None:
        """Keep the edges of a frame, in place of those that were kept before."""
        self.folder.mkdir(parents=True, exist_ok=True)
        found = list(edges.values())
        with atomic_path(self._path_of(frame)) as temporary, temporary.open("wb") as file:
            np.savez(
                file,
                keys=np.frombuffer(b"".join(edges), np.uint8).reshape(len(edges), -1),
                kymographs=np.stack([one.kymographs for one in found]),
                measures=np.stack([one.measures for one in found]),
                positions=np.concatenate([one.positions for one in found]),
                ends=np.cumsum([0, *(len(one.positions) for one in found)]),
            )

    def _path_of(self, frame: int) -> Path:
        return self.folder / f"t{frame:06d}.npz"
