"""Store of measures per frame, so that an interrupted run resumes with the missing frames."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path

import numpy as np
import pandas as pd

from podia.files.atomic import atomic_path
from podia.measurement.edge.outlines import Outlines
from podia.measurement.frame import FrameMeasures

_COVERS = ("cover_of_rows", "cover_of_columns")


@dataclass(frozen=True)
class MeasureStore:
    """One compressed NumPy archive per frame: plain columns, exact to the last bit.

    `versions` identifies the content of frames whose labels were corrected.
    """

    folder: Path
    versions: Mapping[int, str] = field(default_factory=dict)

    def path_of(self, frame: int) -> Path:
        """Return the file of frame `frame`; measures before and after a correction are both kept."""
        version = f"-{self.versions[frame]}" if frame in self.versions else ""
        return self.folder / f"t{frame:06d}{version}.npz"

    def has(self, frame: int) -> bool:
        """Return whether frame `frame` is stored."""
        return self.path_of(frame).is_file()

    def write(self, frame: int, measures: FrameMeasures) -> None:
        """Store the measures of frame `frame`."""
        columns = {f"cells.{name}": values.to_numpy() for name, values in measures.cells.items()}
        columns |= {f"protrusions.{name}": values.to_numpy() for name, values in measures.protrusions.items()}
        columns |= {f"outlines.{one.name}": getattr(measures.outlines, one.name) for one in fields(Outlines)}
        columns |= {name: getattr(measures, name) for name in _COVERS}
        scalars = np.array([measures.n_pixels, measures.intensity_mean, measures.intensity_std])
        with atomic_path(self.path_of(frame)) as temporary, temporary.open("wb") as file:
            np.savez_compressed(file, scalars=scalars, **columns)

    def read(self, frame: int) -> FrameMeasures:
        """Return the measures of frame `frame`."""
        with np.load(self.path_of(frame), allow_pickle=False) as archive:
            tables = {
                table: pd.DataFrame(
                    {
                        name.partition(".")[2]: archive[name]
                        for name in archive.files
                        if name.startswith(f"{table}.")
                    }
                )
                for table in ("cells", "protrusions")
            }
            outlines = Outlines(**{one.name: archive[f"outlines.{one.name}"] for one in fields(Outlines)})
            n_pixels, mean, std = archive["scalars"]
            cover_of_rows, cover_of_columns = (archive[name] for name in _COVERS)
        return FrameMeasures(
            tables["cells"],
            tables["protrusions"],
            int(n_pixels),
            cover_of_rows,
            cover_of_columns,
            float(mean),
            float(std),
            outlines,
        )
