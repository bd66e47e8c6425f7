"""Kymographs as NumPy archives: ``numpy.load`` reads them, and so do packages for R, Julia and MATLAB."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.edge_tables import KYMOGRAPHS
from podia.data.errors import MovieReadError
from podia.data.kymographs import Kymographs
from podia.files.atomic import atomic_path
from podia.io.damaged import unreadable_file


@dataclass(frozen=True)
class KymographFiles:
    """Allocates kymographs as files in a folder, so that memory does not grow with the length of the movie."""

    folder: Path

    def __call__(self, name: str, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Return an array for the kymograph `name`; a movie without cells needs no file."""
        if 0 in shape:
            return np.empty(shape, dtype=np.float32)
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"kymograph.{name}.npy"
        return np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)


def write_kymographs(kymographs: Kymographs, path: str | Path) -> None:
    """Write ``track_id`` and ``frame`` of each row and one array per name, atomically; single precision, compressed.

    Raises
    ------
    OutputError
        If the disk is full or permission is denied.
    """
    with atomic_path(Path(path)) as temporary, temporary.open("wb") as file:
        rows = {"track_id": kymographs.track_ids, "frame": kymographs.frames}
        arrays: dict[str, NDArray[Any]] = {**rows, **kymographs.arrays}
        np.savez_compressed(file, allow_pickle=False, **arrays)


def read_kymographs(
    path: str | Path, calibration: Calibration, names: tuple[str, ...] = tuple(KYMOGRAPHS.base_names)
) -> Kymographs:
    """Return all or some of the arrays written by :func:`write_kymographs`.

    Parameters
    ----------
    calibration
        Calibration of the movie; array names contain its units.
    names
        Base names of the arrays to read, from :data:`~podia.data.tables.KYMOGRAPHS`.

    Raises
    ------
    MovieReadError
        If it cannot be read, or lacks an array under this calibration.
    """
    path = Path(path)
    if not path.is_file():
        raise MovieReadError(f"There is no file '{path}'.")
    wanted = [KYMOGRAPHS.name_of(name, calibration) for name in names]
    try:
        with np.load(path, allow_pickle=False) as archive:
            missing = [name for name in wanted if name not in archive.files]
            if not missing:
                values = {name: archive[name] for name in wanted}
                return Kymographs(archive["track_id"], archive["frame"], values)
            present = [name for name in archive.files if name not in ("track_id", "frame")]
    except Exception as error:  # a damaged archive raises arbitrary exceptions
        raise unreadable_file(path, "kymograph archive", error) from error
    raise MovieReadError(
        f"'{path}' lacks {missing}; it contains {present}. It was written with another calibration or an older version "
        f"of podia. Run podia measure again."
    )
