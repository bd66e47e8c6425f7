"""Store of measures per frame, so that an interrupted run resumes with the missing frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.files.atomic import atomic_path
from podia.measurement.edge.outlines import Outlines
from podia.measurement.frame import FrameMeasures

_TABLES = ("cells", "protrusions")
_ARRAYS = ("cover_of_rows", "cover_of_columns", "descriptors")
_SCALARS = ("n_pixels", "intensity_mean", "intensity_std")


@dataclass(frozen=True)
class MeasureStore:
    """One compressed NumPy archive per frame, exact to the last bit.

    `versions` identifies the content of frames whose labels were corrected.
    """

    folder: Path
    versions: Mapping[int, str] = field(default_factory=dict)

    def path_of(self, frame: int) -> Path:
        """Return the file of frame `frame`; measures before and after a correction are both kept."""
        version = f"-{self.versions[frame]}" if frame in self.versions else ""
        return self.folder / f"frame{frame:06d}{version}.npz"

    def has(self, frame: int) -> bool:
        """Return whether frame `frame` is stored."""
        return self.path_of(frame).is_file()

    def write(self, frame: int, measures: FrameMeasures) -> None:
        """Store the measures of frame `frame`."""
        arrays: dict[str, NDArray[Any]] = {}
        for table in _TABLES:
            arrays |= _packed(table, getattr(measures, table))
        arrays |= {f"outlines.{one.name}": getattr(measures.outlines, one.name) for one in fields(Outlines)}
        arrays |= {name: getattr(measures, name) for name in _ARRAYS}
        arrays["scalars"] = np.array([getattr(measures, name) for name in _SCALARS])
        with atomic_path(self.path_of(frame)) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, allow_pickle=False, **arrays)

    def read(self, frame: int) -> FrameMeasures:
        """Return the measures of frame `frame`."""
        with np.load(self.path_of(frame), allow_pickle=False) as archive:
            n_pixels, *scalars = archive["scalars"].tolist()
            return FrameMeasures(
                **{table: _unpacked(table, archive) for table in _TABLES},
                n_pixels=int(n_pixels),
                **dict(zip(_SCALARS[1:], scalars, strict=True)),
                **{name: archive[name] for name in _ARRAYS},
                outlines=Outlines(**{one.name: archive[f"outlines.{one.name}"] for one in fields(Outlines)}),
            )


def _packed(table: str, values: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """Return the columns of a table, those of one type in one array: an archive opens each array by itself."""
    arrays: dict[str, NDArray[Any]] = {f"{table}.columns": np.array(list(values.columns), dtype=np.str_)}
    for dtype in dict.fromkeys(values.dtypes):
        names = [name for name in values.columns if values.dtypes[name] == dtype]
        arrays[f"{table}.{dtype}.columns"] = np.array(names, dtype=np.str_)
        arrays[f"{table}.{dtype}"] = np.array([values[name].to_numpy() for name in names])
    return arrays


def _unpacked(table: str, archive: Mapping[str, NDArray[Any]]) -> pd.DataFrame:
    columns: dict[str, NDArray[Any]] = {}
    for key in archive:
        if key.startswith(f"{table}.") and f"{key}.columns" in archive:
            columns |= dict(zip(archive[f"{key}.columns"].tolist(), archive[key], strict=True))
    return pd.DataFrame({name: columns[name] for name in archive[f"{table}.columns"].tolist()})
