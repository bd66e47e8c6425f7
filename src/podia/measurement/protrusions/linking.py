"""Link the tips of a cell from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
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
    distances is least, an unlinked one counting as the largest distance allowed.
    Daughters start anew; :mod:`~podia.measurement.protrusions.kinship` says what they inherit.

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
