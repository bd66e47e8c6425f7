"""Suspects that stand out from the other cells of the movie: long steps, small or uncertain cells."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd

from podia.corrections.operations import Delete, Unlink
from podia.corrections.suspect import Suspect, suspect_at
from podia.corrections.tracked_cells import TrackedCells

_JUMP_DEVIATIONS = 8.0
_UNLIKE_DEVIATIONS = 3.5


def jumps(tracked: TrackedCells, cells: pd.DataFrame) -> Iterator[Suspect]:
    """Yield steps much longer than the other steps of the movie, and longer than 0.7 radii of the cell."""
    ordered = cells.sort_values(["track_id", "frame"])
    steps = ordered.groupby("track_id")[["frame", "y", "x"]].diff()
    length = np.hypot(steps["y"], steps["x"]) / np.sqrt(steps["frame"])
    seen = length[length.notna()]
    if len(seen) < 20:
        return
    median = float(seen.median())
    spread = 1.4826 * float((seen - median).abs().median()) + 0.5
    radius = np.sqrt(ordered["area"] / np.pi)
    far = (length - median) / spread
    for index in ordered.index[(far > _JUMP_DEVIATIONS) & (length > 0.7 * radius)]:
        row = ordered.loc[index]
        cell = tracked.tracks[int(row["track_id"])][int(row["frame"])]
        excess = float(far[index])
        reason = f"Track {cell.track} moves {length[index]:.0f} px in one step; {median:.1f} px is typical."
        yield replace(
            suspect_at("jump", cell, None, float(min(0.8, 0.3 + 0.02 * excess)), reason),
            correction=Unlink(cell=tracked.place(cell)),
        )


def unlike_others(tracked: TrackedCells, cells: pd.DataFrame) -> Iterator[Suspect]:
    """Yield tracks with much smaller cells than the others, and cells of low network confidence."""
    inside = cells[~cells["touches_border"].astype(bool)]
    areas = inside.groupby("track_id")["area"].median()
    if len(areas) < 5:
        return
    logs = np.log(areas)
    centre = float(logs.median())
    spread = max(0.25, 1.4826 * float((logs - centre).abs().median()))
    sure = inside.groupby("track_id")["confidence"].mean() if "confidence" in cells else None
    for track, value in logs.items():
        below = (centre - float(value)) / spread
        doubt = 0.0 if sure is None else max(0.0, 1 - float(sure.loc[track]) / 0.5)
        if below < _UNLIKE_DEVIATIONS and doubt < 0.4:
            continue
        cell = tracked.first(int(track))
        places = tuple(tracked.place(one) for one in tracked.tracks[int(track)].values())
        reason = (
            f"Track {cell.track} has {np.exp(float(value)) / np.exp(centre):.0%} of the typical area."
            if below >= _UNLIKE_DEVIATIONS
            else f"The network is uncertain about track {cell.track}."
        )
        confidence = float(min(0.9, max(0.25 + 0.08 * below, 0.3 + doubt / 2)))
        yield replace(
            suspect_at("unlike_others", cell, None, confidence, reason), correction=Delete(cells=places)
        )
