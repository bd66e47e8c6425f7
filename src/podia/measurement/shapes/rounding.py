"""Rounding of cells before division."""

from __future__ import annotations

import numpy as np
import pandas as pd

from podia.data.lineage import Lineage
from podia.data.shape_tables import DIVISION_ROUNDING

MAX_FRAMES_BEFORE = 20
"""Number of frames before a division in the table."""

_ROUND = 0.95
"""Quantile of non-dividing cells, above which a cell counts as round."""


def division_rounding(cells: pd.DataFrame, lineage: Lineage) -> pd.DataFrame:
    """Return the table DIVISION_ROUNDING: circularity of mothers by the number of frames before division.

    Parameters
    ----------
    cells
        With ``track_id``, ``frame``, ``circularity`` and ``touches_border``; cells cut by the edge of the frame, or
        without an outline, are ignored.
    lineage
        Divisions: tracks with two daughters or more.
    """
    mothers = [mother for mother, daughters in lineage.daughters().items() if len(daughters) > 1]
    whole = cells[~cells["touches_border"] & cells["circularity"].notna()]
    last = cells.groupby("track_id")["frame"].max()
    dividing = whole[whole["track_id"].isin(mothers)]
    before = dividing["track_id"].map(last) - dividing["frame"]
    others = whole.loc[~whole["track_id"].isin(mothers), "circularity"]
    limit = float(np.quantile(others, _ROUND)) if len(others) else np.nan
    rows = []
    for frames_before, values in dividing["circularity"].groupby(before):
        if frames_before > MAX_FRAMES_BEFORE:
            continue
        low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
        rows.append(
            {
                "frames_before": frames_before,
                "time_before": float(frames_before),
                "n_mothers": len(values),
                "circularity": middle,
                "circularity_low": low,
                "circularity_high": high,
                "rounded_share": float((values > limit).mean()) if np.isfinite(limit) else np.nan,
            }
        )
    return pd.DataFrame(rows) if rows else DIVISION_ROUNDING.empty()
