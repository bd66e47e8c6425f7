"""Reader for tables of positions with track ids: podia's ``cells.csv``, btrack, napari, TrackMate."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import MovieReadError, PodiaError
from podia.data.lineage import Lineage
from podia.io.any_table import read_any_table
from podia.io.layout import csv_of
from podia.io.points import read_points

_IDS = ("track_id", "trackid", "track", "id")
_PARENTS = ("parent_track_id", "parent")
_OWN_LABEL = "segmentation_label"


def read_track_table(path: Path, *, pixel_size_um: float | None = None) -> Lineage:
    """Read the lineage in a table of positions with track ids.

    The id is the column ``track_id`` (podia, TrackMate), ``ID`` (btrack, napari Tracks) or ``track``. A column
    ``parent`` or ``parent_track_id`` contains the mother; 0, -1, an empty cell or the track's own id mean none. For
    podia's ``cells.csv``, mothers are read from ``tracks.csv`` beside it. If ids start at 0, all are increased by 1.

    Raises
    ------
    MovieReadError
        If it cannot be read, lacks such a column, or is not a lineage.
    """
    table = read_points(path, pixel_size_um=pixel_size_um)
    by_lower = {str(name).lower(): str(name) for name in reversed(list(table.columns))}
    name = next((by_lower[one] for one in _IDS if one in by_lower), None)
    if name is None:
        raise MovieReadError(
            f"'{path}' has no column with the id of the track (it has {', '.join(table.columns)}). Name "
            "it track_id, or use --points for positions without tracks."
        )
    ids = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64)
    if (ids[np.isfinite(ids)] % 1 != 0).any() or (ids < 0).any():
        raise MovieReadError(f"The column {name} of '{path}' has ids that are not integers from 0.")
    raised = 1 if (ids == 0).any() else 0
    tracks = _numbered(ids + raised)
    parents = _parents_in(table, by_lower, tracks, raised)
    if _OWN_LABEL in table and (path.parent / Path(csv_of("tracks")).name).is_file():
        parents = _parents_beside(path.parent / Path(csv_of("tracks")).name)
    nodes = table[["frame", "y", "x"]].assign(track_id=tracks, label=table.get(_OWN_LABEL, pd.Series(tracks)))
    try:
        return Lineage(nodes, parents)
    except PodiaError as error:
        raise MovieReadError(f"'{path}' is not a table of tracks: {error}") from error


def _numbered(ids: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the ids; cells without an id become separate tracks with new ids."""
    lone = ~np.isfinite(ids)
    first = int(ids[~lone].max(initial=0)) + 1
    numbered = ids.copy()
    numbered[lone] = np.arange(first, first + lone.sum())
    return numbered.astype(np.int64)


def _parents_in(
    table: pd.DataFrame, by_lower: dict[str, str], tracks: NDArray[np.int64], raised: int
) -> dict[int, int]:
    name = next((by_lower[one] for one in _PARENTS if one in by_lower), None)
    if name is None:
        return {}
    mothers = pd.to_numeric(table[name], errors="coerce").to_numpy(np.float64) + raised
    known = set(tracks.tolist())
    return {
        int(track): int(mother)
        for track, mother in zip(tracks, mothers, strict=True)
        if np.isfinite(mother) and mother != track and int(mother) in known
    }


def _parents_beside(path: Path) -> dict[int, int]:
    tracks = read_any_table(path).numbers()
    if not {"track_id", "parent_track_id"} <= set(tracks.columns):
        return {}
    daughters = tracks[pd.to_numeric(tracks["parent_track_id"], errors="coerce").notna()]
    return {
        int(track): int(mother)
        for track, mother in daughters[["track_id", "parent_track_id"]].itertuples(index=False)
    }
