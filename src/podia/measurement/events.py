"""What happens to tracks: divisions, merges, appearances, disappearances, gaps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from podia.data.lineage import Lineage
from podia.data.tables import EVENTS


def track_endings(cells: pd.DataFrame, lineage: Lineage, n_frames: int) -> dict[int, str]:
    """Return why each track ends: division, merge, movie_end, border or lost."""
    last = cells.drop_duplicates("track_id", keep="last")
    dividing = set(lineage.parents.values())
    endings = {}
    for track_id, frame, at_border in zip(
        last["track_id"].tolist(), last["frame"].tolist(), last["touches_border"].tolist(), strict=True
    ):
        if track_id in dividing:
            endings[track_id] = "division"
        elif track_id in lineage.merged_into:
            endings[track_id] = "merge"
        elif frame == n_frames - 1:
            endings[track_id] = "movie_end"
        else:
            endings[track_id] = "border" if at_border else "lost"
    return endings


def list_events(cells: pd.DataFrame, lineage: Lineage, n_frames: int) -> pd.DataFrame:
    """Return the table EVENTS in pixels and frames, a row an event, by frame and track.

    Parameters
    ----------
    cells
        Sorted by frame, columns ``frame``, ``track_id``, ``y``, ``x``, ``touches_border``.
    lineage
        Divisions and merges.
    n_frames
        Length of the movie: a track that ends with it does not disappear.
    """
    first = cells.drop_duplicates("track_id", keep="first").set_index("track_id")
    last = cells.drop_duplicates("track_id", keep="last").set_index("track_id")
    rows = [
        _event("division", parent, first.loc[daughter], other=daughter)
        for daughter, parent in lineage.parents.items()
    ]
    rows += [
        _event("merge", track_id, last.loc[track_id], other=survivor)
        for track_id, survivor in lineage.merged_into.items()
    ]
    rows += [
        _event("appearance", int(str(track_id)), cell)
        for track_id, cell in first.iterrows()
        if cell["frame"] > 0 and track_id not in lineage.parents
    ]
    endings = track_endings(cells, lineage, n_frames)
    rows += [
        _event("disappearance", track_id, last.loc[track_id])
        for track_id, ending in endings.items()
        if ending in ("border", "lost")
    ]
    to_next = -cells.groupby("track_id")["frame"].diff(-1)
    rows += [_event("gap", int(cell["track_id"]), cell) for _, cell in cells[to_next > 1].iterrows()]
    if not rows:
        return EVENTS.empty()
    events = pd.DataFrame(rows).astype({"other_track_id": "Int64"})
    return events.sort_values(["frame", "track_id", "event", "other_track_id"], ignore_index=True)


def _event(name: str, track_id: int, cell: pd.Series, other: int | None = None) -> dict[str, Any]:
    return {
        "frame": int(cell["frame"]),
        "time": float(cell["frame"]),
        "event": name,
        "track_id": track_id,
        "other_track_id": other,
        "y": float(cell["y"]),
        "x": float(cell["x"]),
        "at_border": bool(np.bool_(cell["touches_border"])),
    }
