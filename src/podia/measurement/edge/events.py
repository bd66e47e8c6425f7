"""Edge events: parts of the edge that protrude or retract over several frames, detected in a kymograph."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from podia.data.edge_tables import EDGE_EVENTS
from podia.data.kymographs import Kymographs
from podia.measurement.edge.config import EdgeConfig


def edge_events(kymographs: Kymographs, config: EdgeConfig) -> pd.DataFrame:
    """Return the table EDGE_EVENTS in pixels and frames, by track and first frame.

    Parameters
    ----------
    kymographs
        ``velocity``, ``length`` and ``area_gained`` in pixels and frames.
    config
        Criteria for events.
    """
    # Collect plain columns: a table per track takes far longer than its events.
    found: list[dict[str, NDArray[Any]]] = []
    for track_id in np.unique(kymographs.track_ids).tolist():
        frames, velocity = kymographs.of_track(track_id, "velocity")
        pieces = {name: kymographs.of_track(track_id, name)[1] for name in ("stretch_length", "area_gained")}
        for name, sign in (("protrusion", 1), ("retraction", -1)):
            events: dict[str, NDArray[Any]] = dict(_events(frames, velocity, pieces, sign, config))
            n_found = len(events["first_frame"])
            events["track_id"], events["event"] = np.full(n_found, track_id), np.full(n_found, name, object)
            if n_found:
                found.append(events)
    if not found:
        return EDGE_EVENTS.empty()
    table = pd.DataFrame({name: np.concatenate([events[name] for events in found]) for name in found[0]})
    order = ["track_id", "first_frame", "last_frame", "position", "event"]
    return table.sort_values(order, ignore_index=True)[EDGE_EVENTS.base_names]


def _events(
    frames: NDArray[np.int64],
    velocity: NDArray[np.float32],
    pieces: dict[str, NDArray[np.float32]],
    sign: int,
    config: EdgeConfig,
) -> dict[str, NDArray[np.float64]]:
    """Return the events of one sign as columns; `pieces` are the other kymographs to sum."""
    dense = np.full((int(frames[-1] - frames[0]) + 1, velocity.shape[1]), np.nan)
    dense[frames - frames[0]] = velocity
    number, n_found = label_around(sign * dense > config.min_step_px)
    row, column = np.nonzero(number)
    event = number[row, column] - 1
    speed = dense[row, column]
    # An event has velocities, so each of its frames is observed and has its own row.
    seen = np.searchsorted(frames, row + frames[0])
    count = np.bincount(event, minlength=n_found)
    first, last = np.full(n_found, len(dense)), np.full(n_found, -1)
    np.minimum.at(first, event, row)
    np.maximum.at(last, event, row)
    fastest = np.zeros(n_found)
    np.maximum.at(fastest, event, sign * speed)
    taking_part = np.unique(np.stack([event, column]), axis=1)[0]
    n_positions = np.bincount(taking_part, minlength=n_found)
    around = np.bincount(event, np.cos(column_angle(column, dense.shape[1])), minlength=n_found)
    across = np.bincount(event, np.sin(column_angle(column, dense.shape[1])), minlength=n_found)
    known = np.isfinite(np.concatenate([dense[:1] * np.nan, dense, dense[:1] * np.nan])).any(axis=1)
    lifetime = (last - first + 1).astype(np.float64)
    columns = {
        "first_frame": first + frames[0],
        "last_frame": last + frames[0],
        "lifetime": lifetime,
        "width": np.bincount(event, pieces["stretch_length"][seen, column], minlength=n_found) / lifetime,
        "area_gained": np.bincount(event, pieces["area_gained"][seen, column], minlength=n_found),
        "velocity_mean": np.bincount(event, speed, minlength=n_found) / np.maximum(count, 1),
        "velocity_max": sign * fastest,
        "position": np.arctan2(across, around) / (2 * np.pi) % 1.0,
        "is_whole": known[first] & known[last + 2],
    }
    large = n_positions >= max(1.0, config.min_event_share * dense.shape[1])
    return {name: values[large] for name, values in columns.items()}


def column_angle(column: NDArray[np.int64], n_positions: int) -> NDArray[np.float64]:
    """Return the middle of a column as an angle around the cell, in radians."""
    return np.asarray(2 * np.pi * (column + 0.5) / n_positions)


def label_around(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], int]:
    """Label connected regions of a kymograph ``(T, P)`` whose last and first columns are adjacent, and count them."""
    number, n_found = ndimage.label(mask)
    left, right = number[:, 0], number[:, -1]
    meet = (left > 0) & (right > 0)
    links = coo_matrix((np.ones(meet.sum()), (left[meet], right[meet])), shape=(n_found + 1, n_found + 1))
    _, group = connected_components(links, directed=False)
    # Background stays 0: it is not linked and comes first.
    return group[number].astype(np.int64), int(group.max())
