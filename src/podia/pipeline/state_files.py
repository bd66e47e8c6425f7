"""Recurrent state of a network on disk, so that an interrupted segmentation resumes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from podia.files.atomic import atomic_path

_N_KEPT = 4
"""Number of stored states.

Split/merge correction and gap filling together use up to twenty frames before and after, so that the next frame may lie
41 frames, and thus more than two states, before the latest.
"""


@dataclass(frozen=True)
class StateFiles:
    """The latest states, one file each; a :class:`~podia.networks.inference.streaming.StateStore`."""

    folder: Path

    def save(self, frame: int, arrays: Sequence[NDArray[np.float32]]) -> None:
        """Store the state after `frame`, and remove older ones."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(self._path_of(frame)) as temporary, temporary.open("wb") as file:
            np.savez(file, *arrays)
        for old in self._frames()[:-_N_KEPT]:
            self._path_of(old).unlink()

    def load_latest(self, before: int) -> tuple[int, list[NDArray[np.float32]]] | None:
        """Return the last stored frame before `before` and the state after it; None if there is none."""
        earlier = [frame for frame in self._frames() if frame < before]
        if not earlier:
            return None
        with np.load(self._path_of(earlier[-1]), allow_pickle=False) as stored:
            return earlier[-1], [stored[f"arr_{number}"] for number in range(len(stored.files))]

    def clear(self) -> None:
        """Remove all states, including those of other models of an ensemble."""
        for path in self.folder.glob("**/state*.npz"):
            path.unlink()

    def of_member(self, number: int) -> StateFiles:
        """Return the store for another model of an ensemble; `number` counts from 1."""
        return StateFiles(self.folder / f"model{number}")

    def _path_of(self, frame: int) -> Path:
        return self.folder / f"state{frame:06d}.npz"

    def _frames(self) -> list[int]:
        return sorted(int(path.stem.removeprefix("state")) for path in self.folder.glob("state*.npz"))
