"""Tips through time: which tips of a cell in different frames are one protrusion, and how that one fares."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


@dataclass
class _Open:
    """A protrusion that may go on."""

    number: int
    last_frame: int
    place: NDArray[np.float64]


def link_tips(
    frames: NDArray[np.int64],
    track_ids: NDArray[np.int64],
    places: NDArray[np.float64],
    *,
    max_distance_px: float,
    max_gap_frames: int,
) -> NDArray[np.int64]:
    """Return the ``protrusion_id`` of each tip, ``(N,)``, from 1 in the order of first appearance.

    Within a track, the tips of a frame are assigned to the protrusions that are still open so that the sum of
    distances is least, an unlinked one counting as the largest distance allowed. Daughters start anew.

    Parameters
    ----------
    frames, track_ids
        ``(N,)`` of each tip; rows are sorted by frame, then track.
    places
        ``(N, 2)`` tip position relative to the cell's centroid, so that a moving cell takes its tips along.
    max_distance_px
        Largest distance of a link.
    max_gap_frames
        Frames in a row in which a protrusion may be missed.
    """
    ids = np.zeros(len(frames), dtype=np.int64)
    open_of: dict[int, list[_Open]] = {}
    n_found = 0
    for rows in _rows_of_cells(frames, track_ids):
        frame, track_id = int(frames[rows[0]]), int(track_ids[rows[0]])
        candidates = [
            protrusion
            for protrusion in open_of.get(track_id, [])
            if frame - protrusion.last_frame <= max_gap_frames + 1
        ]
        partner = _assign(places[rows], candidates, max_distance_px)
        for i, row in enumerate(rows):
            protrusion = partner.get(i)
            if protrusion is None:
                n_found += 1
                protrusion = _Open(n_found, frame, places[row])
                candidates.append(protrusion)
            protrusion.last_frame, protrusion.place = frame, places[row]
            ids[row] = protrusion.number
        open_of[track_id] = candidates
    return ids


def _rows_of_cells(frames: NDArray[np.int64], track_ids: NDArray[np.int64]) -> list[NDArray[np.intp]]:
    changes = np.flatnonzero((np.diff(frames) != 0) | (np.diff(track_ids) != 0)) + 1
    return np.split(np.arange(len(frames)), changes) if len(frames) else []


def _assign(places: NDArray[np.float64], candidates: list[_Open], limit: float) -> dict[int, _Open]:
    """Return which tip carries on which protrusion."""
    if not candidates:
        return {}
    known = np.array([protrusion.place for protrusion in candidates])
    distance = np.hypot(*(places[:, None] - known[None]).transpose(2, 0, 1))
    tips, found = linear_sum_assignment(np.minimum(distance, limit))
    return {int(i): candidates[j] for i, j in zip(tips, found, strict=True) if distance[i, j] <= limit}


def protrusion_events(protrusions: pd.DataFrame, cells: pd.DataFrame) -> pd.DataFrame:
    """Return a row a protrusion, in pixels and frames, with the columns of PROTRUSION_EVENTS.

    Parameters
    ----------
    protrusions
        Columns ``frame``, ``track_id``, ``protrusion_id``, ``length_beyond_body``, ``angle``.
    cells
        Columns ``frame``, ``track_id``: where the cells are seen.
    """
    rows = protrusions.sort_values(["protrusion_id", "frame"])
    rows = rows.assign(
        growth=rows.groupby("protrusion_id")["length_beyond_body"].diff()
        / rows.groupby("protrusion_id")["frame"].diff(),
        along=np.cos(np.radians(rows["angle"])),
        across=np.sin(np.radians(rows["angle"])),
    )
    rows = rows.assign(
        extension=rows["growth"].where(rows["growth"] > 0),
        retraction=-rows["growth"].where(rows["growth"] < 0),
    )
    events = (
        rows.groupby("protrusion_id")
        .agg(
            track_id=("track_id", "first"),
            first_frame=("frame", "min"),
            last_frame=("frame", "max"),
            n_frames=("frame", "size"),
            length_max=("length_beyond_body", "max"),
            length_mean=("length_beyond_body", "mean"),
            extension_speed=("extension", "mean"),
            retraction_speed=("retraction", "mean"),
            along=("along", "mean"),
            across=("across", "mean"),
        )
        .reset_index()
    )
    seen = set(zip(cells["track_id"], cells["frame"], strict=True))
    before = zip(events["track_id"], events["first_frame"] - 1, strict=True)
    after = zip(events["track_id"], events["last_frame"] + 1, strict=True)
    events = events.assign(
        lifetime=(events["last_frame"] - events["first_frame"] + 1).astype(np.float64),
        angle_mean=np.degrees(np.arctan2(events["across"], events["along"])),
        born_in_movie=np.array([key in seen for key in before], dtype=np.bool_),
        died_in_movie=np.array([key in seen for key in after], dtype=np.bool_),
    )
    return events.drop(columns=["along", "across"])
