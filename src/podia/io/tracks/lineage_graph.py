"""Lineage as a graph, for GEFF and TrackMate: one node per cell and frame, edges forward in time."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError, MovieReadError, PodiaError
from podia.data.lineage import Lineage


@dataclass(frozen=True)
class Edges:
    """Edges ``(E, 2)`` between rows of the nodes, earlier and later, and a mask of merges ``(E,)``."""

    rows: NDArray[np.int64]
    is_merge: NDArray[np.bool_]


def edges_of(lineage: Lineage) -> Edges:
    """Return the edges of a lineage, ascending.

    Each cell of a track is linked to the next one (a gap is an edge over several frames), the last cell of a parent to
    the first cell of each daughter, and the last cell of a merging track to the next cell of the surviving track.

    Raises
    ------
    InvalidInputError
        If a track merges into one that has no cell after it.
    """
    rows_of = {
        int(track_id): [int(row) for row in rows]
        for track_id, rows in lineage.nodes.groupby("track_id").indices.items()
    }
    frames = lineage.nodes["frame"].to_numpy()
    edges = [(a, b, False) for rows in rows_of.values() for a, b in pairwise(rows)]
    edges += [(rows_of[parent][-1], rows_of[child][0], False) for child, parent in lineage.parents.items()]
    for track_id, survivor in lineage.merged_into.items():
        last = rows_of[track_id][-1]
        later = [row for row in rows_of[survivor] if frames[row] > frames[last]]
        if not later:
            raise InvalidInputError(
                f"Track {track_id} (to frame {frames[last]}) merges into track {survivor}, which has no cell "
                f"after it."
            )
        edges.append((last, later[0], True))
    edges.sort()
    return Edges(
        np.array([edge[:2] for edge in edges], np.int64).reshape(-1, 2),
        np.array([edge[2] for edge in edges], np.bool_),
    )


def lineage_of_graph(
    nodes: pd.DataFrame,
    rows: NDArray[np.int64],
    path: Path,
    *,
    is_merge: NDArray[np.bool_] | None = None,
) -> Lineage:
    """Return the lineage of a graph read from `path`; the inverse of :func:`edges_of`.

    Parameters
    ----------
    nodes
        As in :class:`Lineage`. Without ``track_id``, or if links were edited so that they contradict the ids,
        tracks are the unbranched paths, numbered by the frame and row of their first cell. Without ``label``, labels
        are the track ids.
    rows
        Edges ``(E, 2)``, earlier and later row of `nodes`.
    is_merge
        Mask of merges. By default, edges from another track into a cell that has another incoming edge.

    Raises
    ------
    MovieReadError
        If an edge points back in time, or the graph is not a lineage.
    """
    frames = nodes["frame"].to_numpy()
    backward = np.flatnonzero(frames[rows[:, 0]] >= frames[rows[:, 1]])
    if len(backward):
        raise MovieReadError(
            f"'{path}' is not a lineage: {len(backward)} of its links do not point forward in time."
        )
    if "track_id" not in nodes or not _ids_follow_links(frames, nodes["track_id"].to_numpy(), rows):
        nodes = nodes.assign(track_id=unbranched_paths(frames, rows))
    if "label" not in nodes:
        nodes = nodes.assign(label=nodes["track_id"])
    tracks = nodes["track_id"].to_numpy()
    if is_merge is None:
        is_merge = _guess_merges(tracks, rows)
    between = tracks[rows[:, 0]] != tracks[rows[:, 1]]
    try:
        return Lineage(
            nodes,
            parents=_pairs(path, tracks[rows[between & ~is_merge][:, ::-1]], "parent"),
            merged_into=_pairs(path, tracks[rows[between & is_merge]], "track that it merges into"),
        )
    except MovieReadError:
        raise
    except PodiaError as error:
        raise MovieReadError(f"'{path}' is not a lineage: {error}") from error


def _ids_follow_links(frames: NDArray[np.int64], tracks: NDArray[np.int64], rows: NDArray[np.int64]) -> bool:
    """Return whether each track is a chain of links, and other links begin where tracks end."""
    order = np.lexsort((frames, tracks))
    within = tracks[order[:-1]] == tracks[order[1:]]
    chains = {(int(a), int(b)) for a, b in zip(order[:-1][within], order[1:][within], strict=True)}
    links = {(int(a), int(b)) for a, b in rows}
    last = set(order[np.r_[~within, True]].tolist()) if len(order) else set()
    return chains <= links and all(a in last for a, _ in links - chains)


def unbranched_paths(frames: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the unbranched path of each node, numbered from 1 by the frame and row of its first node."""
    n_nodes = len(frames)
    n_out = np.bincount(rows[:, 0], minlength=n_nodes)
    n_in = np.bincount(rows[:, 1], minlength=n_nodes)
    previous = {int(b): int(a) for a, b in rows if n_out[a] == 1 and n_in[b] == 1}
    tracks = np.zeros(n_nodes, np.int64)
    n_tracks = 0
    for row in np.argsort(frames, kind="stable"):
        before = previous.get(int(row))
        if before is None:
            n_tracks += 1
        tracks[row] = n_tracks if before is None else tracks[before]
    return tracks


def _guess_merges(tracks: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    n_in = np.bincount(rows[:, 1], minlength=len(tracks))
    merges: NDArray[np.bool_] = (n_in[rows[:, 1]] > 1) & (tracks[rows[:, 0]] != tracks[rows[:, 1]])
    return merges


def _pairs(path: Path, pairs: NDArray[np.int64], role: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for one, other in pairs.tolist():
        if found.setdefault(one, other) != other:
            raise MovieReadError(f"'{path}' is not a lineage: track {one} has more than one {role}.")
    return found
