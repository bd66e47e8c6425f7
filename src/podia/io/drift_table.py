"""Reader and writer of ``drift.csv``: the exact transform of each frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.drift import Drift
from podia.files.atomic import atomic_path

_COLUMNS = ("yy", "yx", "y_px", "xy", "xx", "x_px")
"""First two rows of the matrix: stable y = yy * y + yx * x + y_px, stable x = xy * y + xx * x + x_px."""


def write_drift(drift: Drift, path: Path) -> None:
    """Write one row per frame: ``frame`` and the six numbers of its affine transform."""
    table = pd.DataFrame(drift.to_stable[:, :2, :].reshape(-1, 6), columns=list(_COLUMNS))
    table.insert(0, "frame", np.arange(drift.n_frames))
    with atomic_path(path) as temporary:
        table.to_csv(temporary, index=False)


def read_drift(path: Path) -> Drift:
    """Return the drift written by :func:`write_drift`."""
    # NumPy reads the shortest text of a number back to the same bits; pandas' fast parser does not promise to.
    rows = np.loadtxt(path, delimiter=",", skiprows=1, ndmin=2)
    matrices = np.tile(np.eye(3), (len(rows), 1, 1))
    matrices[:, :2, :] = rows[:, 1:].reshape(-1, 2, 3)
    return Drift(matrices)
