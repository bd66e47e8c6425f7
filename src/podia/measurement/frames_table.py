"""Table with one row per frame: confluence, drift, brightness and flicker."""

from __future__ import annotations

import numpy as np
import pandas as pd

from podia.data.drift import Drift


def frames_table(measured: pd.DataFrame, cells: pd.DataFrame, drift: Drift) -> pd.DataFrame:
    """Return the table ``frames`` from the measures of whole frames, the tracked cells and the drift.

    Frames without a picture, which are those without grey values, have neither a number of cells nor a confluence; if
    the movie has no picture at all, it has no cells.
    """
    index = np.arange(len(measured))
    by_frame = cells.groupby("frame")
    n_cells = by_frame.size().reindex(index, fill_value=0)
    seen = measured["intensity_std"].notna() | (n_cells > 0)
    seen |= not seen.any()
    # A frame without cells has confluence 0; if areas are unknown, confluence is unknown.
    covered = by_frame["area"].sum(min_count=1).reindex(index, fill_value=0.0)
    return pd.DataFrame(
        {
            "frame": index,
            "time": index.astype(np.float64),
            "n_cells": n_cells.astype("Int64").where(seen),
            "confluence": (covered / measured["n_pixels"]).where(seen),
            "n_pixels": measured["n_pixels"],
            "drift_y": drift.shifts[:, 0],
            "drift_x": drift.shifts[:, 1],
            "intensity_mean": measured["intensity_mean"],
            "intensity_std": measured["intensity_std"],
            "area_flicker": _area_flicker(cells).reindex(index),
        }
    )


def _area_flicker(cells: pd.DataFrame) -> pd.Series:
    """Return the median over cells of ``|a(t - 1) - 2 a(t) + a(t + 1)| / a(t)``, by frame."""
    tracks = cells.groupby("track_id")
    area, frame = tracks["area"], tracks["frame"]
    bend = (area.shift(1) - 2 * cells["area"] + area.shift(-1)).abs() / cells["area"]
    together = (frame.shift(-1) - frame.shift(1)) == 2
    return bend.where(together).groupby(cells["frame"]).median()
