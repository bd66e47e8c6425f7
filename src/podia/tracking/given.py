"""Existing tracks, from the values of label images or from a track file."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from podia.data.lineage import NODE_COLUMNS, Lineage
from podia.data.movie import LabelImage, LabelMovie

_SAME_PLACE_PX = 1.5
"""Maximum distance between a node and the centroid of its cell, if the centroid lies outside the mask."""


@dataclass(frozen=True)
class TracksTaken:
    """Existing tracks as a lineage of cells in label images.

    Parameters
    ----------
    n_without_cell
        Number of nodes of the file outside all cells; they are ignored.
    n_twice
        Number of nodes of the file in a cell with a closer node; they are ignored.
    n_without_track
        Number of cells without a node; they are excluded from all tables.
    """

    lineage: Lineage
    n_without_cell: int = 0
    n_twice: int = 0
    n_without_track: int = 0


def tracks_of_values(labels: LabelMovie) -> TracksTaken:
    """Return the tracks in label images whose values are track ids, without divisions.

    Examples
    --------
    >>> frames = np.zeros((3, 4, 4), np.int32)
    >>> frames[0, 1:3, 1:3] = frames[2, 1:3, 1:3] = 7
    >>> tracks_of_values(LabelMovie.from_array(frames)).lineage.nodes["track_id"].tolist()
    [7, 7]
    """
    cells = pd.concat(list(_cells(labels)), ignore_index=True)
    return TracksTaken(Lineage(cells.assign(track_id=cells["label"])))


def tracks_on_cells(tracks: Lineage, labels: LabelMovie) -> TracksTaken:
    """Assign the nodes of `tracks` to the cells of `labels` that contain their positions.

    Ids and kinship are kept; a track without a node in a cell is dropped. Positions become the centroids of the cells.
    If several nodes lie in a cell, the one nearest to its centroid is used.
    """
    by_frame = {int(frame): rows for frame, rows in tracks.nodes.groupby("frame")}
    parts, n_twice = [], 0
    n_cells = 0
    for frame, cells in enumerate(_cells(labels)):
        n_cells += len(cells)
        if frame not in by_frame:
            continue
        found = by_frame[frame].assign(cell=_cells_of_nodes(by_frame[frame], labels.frame(frame), cells))
        found = found[found["cell"] >= 0]
        own = cells.iloc[found["cell"]].reset_index(drop=True)
        away = np.hypot(found["y"].to_numpy() - own["y"], found["x"].to_numpy() - own["x"])
        own = own.assign(track_id=found["track_id"].to_numpy(), away=away.to_numpy())
        kept = own.sort_values("away", kind="stable").drop_duplicates("label")
        n_twice += len(own) - len(kept)
        parts.append(kept)
    nodes = pd.concat(parts, ignore_index=True) if parts else Lineage.empty().nodes
    lineage = _with_kinship_of(tracks, nodes)
    without_cell = len(tracks.nodes) - len(nodes) - n_twice
    return TracksTaken(lineage, without_cell, n_twice, n_cells - len(nodes))


def share_in_cells(tracks: Lineage, labels: LabelMovie, frame: int) -> float:
    """Return the share of the nodes of `frame` that lie in cells of `labels`; 1 without nodes."""
    nodes = tracks.nodes[tracks.nodes["frame"] == frame]
    if nodes.empty:
        return 1.0
    image = labels.frame(frame)
    return float((_cells_of_nodes(nodes, image, _cells_in(frame, image)) >= 0).mean())


def _cells(labels: LabelMovie) -> Iterator[pd.DataFrame]:
    return (_cells_in(frame, image) for frame, image in enumerate(labels))


def _cells_in(frame: int, image: LabelImage) -> pd.DataFrame:
    """Return label and centroid of each cell, by label."""
    y, x = np.nonzero(image)
    values, cell = np.unique(image[y, x], return_inverse=True)
    counts = np.bincount(cell, minlength=len(values))
    centroids = (np.bincount(cell, weights=axis, minlength=len(values)) / counts for axis in (y, x))
    return pd.DataFrame(dict(zip(("frame", "label", "y", "x"), (frame, values, *centroids), strict=True)))


def _cells_of_nodes(nodes: pd.DataFrame, image: LabelImage, cells: pd.DataFrame) -> np.ndarray:
    """Return the row of `cells` for each node, -1 for none: the cell with that centroid, or the one around it."""
    if cells.empty:
        return np.full(len(nodes), -1)
    places = nodes[["y", "x"]].to_numpy(np.float64)
    away = np.hypot(*(places[:, None] - cells[["y", "x"]].to_numpy()).transpose(2, 0, 1))
    nearest = away.argmin(axis=1)
    pixels = np.rint(places).astype(np.int64)
    inside = ((pixels >= 0) & (pixels < image.shape)).all(axis=1)
    y, x = np.where(inside[:, None], pixels, 0).T
    values = np.where(inside, image[y, x], 0)
    rows = np.searchsorted(cells["label"].to_numpy(), values)
    around = np.where(values > 0, rows, -1)
    return np.where(away[np.arange(len(nodes)), nearest] < _SAME_PLACE_PX, nearest, around)


def _with_kinship_of(tracks: Lineage, nodes: pd.DataFrame) -> Lineage:
    left = set(nodes["track_id"])
    parents = {child: mother for child, mother in tracks.parents.items() if {child, mother} <= left}
    merged = {one: other for one, other in tracks.merged_into.items() if {one, other} <= left}
    return Lineage(nodes[list(NODE_COLUMNS)], parents, merged)
