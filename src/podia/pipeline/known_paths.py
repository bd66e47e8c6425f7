"""Cache of outline matches between frames, so that only corrected cells are matched again."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from podia.files.atomic import atomic_path
from podia.measurement.edge.config import EdgeConfig
from podia.measurement.edge.matching import Floats, Outline, match_outlines


@dataclass(frozen=True)
class KnownPaths:
    """Matches outlines as :func:`match_outlines` does, with a cache of previous results.

    One file per frame contains the matches into it, each under a hash of the two outlines.
    """

    folder: Path

    def __call__(
        self, frame: int, before: list[Outline], after: list[Outline], config: EdgeConfig
    ) -> list[Floats]:
        """Return the destinations of the points of each cell."""
        keys = [_key(*pair, config) for pair in zip(before, after, strict=True)]
        known = self._read(frame)
        new = [index for index, key in enumerate(keys) if key not in known]
        if new:
            found = match_outlines([before[index] for index in new], [after[index] for index in new], config)
            known |= {keys[index]: path for index, path in zip(new, found, strict=True)}
            self._write(frame, {key: known[key] for key in keys})
        return [known[key] for key in keys]

    def _path_of(self, frame: int) -> Path:
        return self.folder / f"t{frame:06d}.npz"

    def _read(self, frame: int) -> dict[bytes, Floats]:
        if not self._path_of(frame).is_file():
            return {}
        with np.load(self._path_of(frame), allow_pickle=False) as stored:
            keys, ends, values = stored["keys"], stored["ends"], stored["values"]
        return {key.tobytes(): path for key, path in zip(keys, np.split(values, ends[:-1]), strict=True)}

    def _write(self, frame: int, paths: dict[bytes, Floats]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        keys = np.frombuffer(b"".join(paths), np.uint8).reshape(len(paths), -1)
        ends = np.cumsum([len(path) for path in paths.values()])
        with atomic_path(self._path_of(frame)) as temporary, temporary.open("wb") as file:
            np.savez(file, keys=keys, ends=ends, values=np.concatenate(list(paths.values())))


def _key(before: Outline, after: Outline, config: EdgeConfig) -> bytes:
    digest = hashlib.blake2b(config.model_dump_json().encode(), digest_size=16)
    for outline in (before, after):
        digest.update(len(outline).to_bytes(8, "little"))
        digest.update(np.ascontiguousarray(outline.points).tobytes())
        digest.update(np.ascontiguousarray(outline.normals).tobytes())
    return digest.digest()
