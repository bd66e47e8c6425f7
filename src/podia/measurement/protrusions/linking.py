"""Linking of the tips of a cell from frame to frame."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment


@dataclass
class _Open:
    """A protrusion that may continue."""

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

    Within a track, the tips of a frame are assigned to open protrusions so that the sum of distances is minimal; an
    unlinked tip counts as the maximum distance. Protrusions of daughters get new ids;
    :mod:`~podia.measurement.protrusions.kinship` finds the ones that they inherit.

    Parameters
    ----------
    frames, track_ids
        ``(N,)`` frame and track of each tip, sorted by frame, then track.
    places
        ``(N, 2)`` tip position relative to the cell's centroid, so that tips move with the cell.
    max_distance_px
        Maximum distance of a link.
    max_gap_frames
        Maximum number of successive frames in which a protrusion may be missing.
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
    """Assign tips to open protrusions."""
    if not candidates:
        return {}
    known = np.array([protrusion.place for protrusion in candidates])
    distance = np.hypot(*(places[:, None] - known[None]).transpose(2, 0, 1))
    tips, found = linear_sum_assignment(np.minimum(distance, limit))
    return {int(i): candidates[j] for i, j in zip(tips, found, strict=True) if distance[i, j] <= limit}
