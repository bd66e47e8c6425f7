"""Events of tracks: divisions, merges, appearances, disappearances, gaps."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from podia.data.contacts import ContactRecord
from podia.data.lineage import Lineage
from podia.data.tables import EVENTS

Cell = dict[str, Any]
"""A row of the table of cells."""


def track_endings(cells: pd.DataFrame, lineage: Lineage, n_frames: int) -> dict[int, str]:
    """Return why each track ends: division, merge, movie_end, border or lost."""
    dividing = set(lineage.parents.values())
    endings = {}
    for track_id, cell in _cells_by_track(cells, keep="last").items():
        if track_id in dividing:
            endings[track_id] = "division"
        elif track_id in lineage.merged_into:
            endings[track_id] = "merge"
        elif cell["frame"] == n_frames - 1:
            endings[track_id] = "movie_end"
        else:
            endings[track_id] = "border" if cell["touches_border"] else "lost"
    return endings


def list_events(
    cells: pd.DataFrame, lineage: Lineage, n_frames: int, contacts: Iterable[ContactRecord] = ()
) -> pd.DataFrame:
    """Return the table EVENTS in pixels and frames, one row per event, by frame and track.

    Parameters
    ----------
    cells
        Sorted by frame, columns ``frame``, ``track_id``, ``y``, ``x``, ``touches_border``.
    lineage
        Divisions and merges.
    n_frames
        Length of the movie: tracks that end in its last frame do not disappear.
    contacts
        Corrections of cells in contact, from tracking.
    """
    first, last = _cells_by_track(cells, keep="first"), _cells_by_track(cells, keep="last")
    rows = [_event("division", mother, first[child], child) for child, mother in lineage.parents.items()]
    rows += [_event("merge", track, last[track], other) for track, other in lineage.merged_into.items()]
    rows += [
        _event("appearance", track, cell)
        for track, cell in first.items()
        if cell["frame"] > 0 and track not in lineage.parents
    ]
    rows += [
        _event("disappearance", track, last[track])
        for track, ending in track_endings(cells, lineage, n_frames).items()
        if ending in ("border", "lost")
    ]
    to_next = -cells.groupby("track_id")["frame"].diff(-1)
    rows += [_event("gap", cell["track_id"], cell) for cell in cells[to_next > 1].to_dict("records")]
    rows += _contact_events(cells, contacts)
    if not rows:
        return EVENTS.empty()
    events = pd.DataFrame(rows).astype({"other_track_id": "Int64", "n_frames": "Int64"})
    return events.sort_values(["frame", "track_id", "event", "other_track_id"], ignore_index=True)


def _contact_events(cells: pd.DataFrame, contacts: Iterable[ContactRecord]) -> list[dict[str, Any]]:
    records = {(record.frame, record.track_id): record for record in contacts}
    if not records:
        return []
    there = cells[[key in records for key in zip(cells["frame"], cells["track_id"], strict=True)]]
    rows = []
    for cell in there.to_dict("records"):
        record = records[cell["frame"], cell["track_id"]]
        event = _event(record.kind, cell["track_id"], cell, record.other_track_id)
        rows.append(event | {"n_frames": record.n_frames, "confidence": record.confidence})
    return rows


def _cells_by_track(cells: pd.DataFrame, *, keep: str) -> dict[int, Cell]:
    rows = cells.drop_duplicates("track_id", keep=keep)
    return {cell["track_id"]: cell for cell in rows.to_dict("records")}


def _event(name: str, track_id: int, cell: Cell, other_track_id: int | None = None) -> dict[str, Any]:
    return {
        "frame": cell["frame"],
        "time": float(cell["frame"]),
        "event": name,
        "track_id": track_id,
        "other_track_id": other_track_id,
        "y": cell["y"],
        "x": cell["x"],
        "at_border": cell["touches_border"],
        "n_frames": None,
        "confidence": np.nan,
    }
