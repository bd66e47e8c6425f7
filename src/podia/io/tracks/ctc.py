"""Masks and tracks in the format of the Cell Tracking Challenge (CTC)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile

from podia.data.errors import InvalidInputError, MovieReadError
from podia.data.lineage import Lineage
from podia.data.movie import LabelImage, LabelMovie
from podia.data.progress import Progress, silent
from podia.data.relabel import label_by_track
from podia.files.atomic import atomic_path
from podia.io.read import read_labels
from podia.io.tiff.write_labels import fit_in_16_bit
from podia.io.tracks.ctc_tracks import join_over_gaps, read_segments, split_at_gaps, write_segments

TRACK_TABLES = ("res_track.txt", "man_track.txt")


def write_ctc(
    labels: LabelMovie, lineage: Lineage, folder: str | Path, *, progress: Progress = silent
) -> None:
    """Write a CTC result folder: one ``mask000.tif`` per frame (16 bit, value = track id) and ``res_track.txt``.

    A track with a gap is written as two, the second with a new id (above all others) and the first as its
    parent. Cells without a track are omitted. The format does not support merges, which are lost.

    Raises
    ------
    InvalidInputError
        If the lineage has a cell that the labels lack, or more than 65535 tracks (and parts of tracks).
    OutputError
        If there is no space or no permission to write.
    """
    folder = Path(folder)
    segments, label_of = split_at_gaps(lineage)
    keys = zip(lineage.nodes["frame"], lineage.nodes["track_id"], strict=True)
    by_segment = Lineage(lineage.nodes.assign(track_id=[label_of[int(f), int(t)] for f, t in keys]))
    expected = by_segment.nodes.groupby("frame")["track_id"].agg(set).to_dict()
    digits = max(3, len(str(labels.n_frames - 1)))
    with atomic_path(folder) as temporary:
        temporary.mkdir()
        for frame, mask in enumerate(label_by_track(labels, by_segment)):
            _require_cells(mask, expected.get(frame, set()), frame, labels.name)
            path = temporary / f"mask{frame:0{digits}d}.tif"
            stored = fit_in_16_bit(frame, mask, path=folder)
            tifffile.imwrite(path, stored, photometric="minisblack", compression="zlib", metadata=None)
            progress("ctc", frame + 1, labels.n_frames)
        write_segments(segments, temporary / TRACK_TABLES[0])


def read_ctc_tracks(folder: str | Path) -> tuple[LabelMovie, Lineage]:
    """Return masks and lineage of a CTC result or of CTC ground truth (``TRA`` with ``man_track.txt``).

    Positions are the centroids of the masks, and labels are their values. A segment that starts after a gap as the
    only child of another continues its track, as written by :func:`write_ctc`. Frames are numbered from 0 in file
    order, whatever their first number.

    Raises
    ------
    MovieReadError
        If files are missing or unreadable, or masks and track table do not match.
    """
    folder = Path(folder)
    table = next((folder / name for name in TRACK_TABLES if (folder / name).is_file()), None)
    if table is None:
        raise MovieReadError(
            f"'{folder}' contains neither {' nor '.join(TRACK_TABLES)}. Give a CTC result or TRA folder."
        )
    segments = read_segments(table)
    labels = read_labels(folder)
    track_of = join_over_gaps(segments)
    nodes = _nodes(labels, track_of, table)
    parents = {
        track_of[s.label]: track_of[s.parent] for s in segments if s.parent and track_of[s.label] == s.label
    }
    return labels, _checked_lineage(nodes, parents, table)


def _require_cells(mask: LabelImage, expected: set[int], frame: int, name: str) -> None:
    missing = expected - set(np.unique(mask).tolist())
    if missing:
        raise InvalidInputError(
            f"Frame {frame} (counted from 0) of the labels '{name}' lacks {len(missing)} of the lineage's "
            f"cells (track {min(missing)}). Labels and lineage must be from the same run."
        )


def _nodes(labels: LabelMovie, track_of: Mapping[int, int], table: Path) -> pd.DataFrame:
    """Return one row per cell and frame from the masks, reading each once."""
    frames = [_frame_nodes(mask).assign(frame=frame) for frame, mask in enumerate(labels)]
    nodes = pd.concat(frames, ignore_index=True)
    unknown = sorted(set(nodes["label"]) - set(track_of))
    if unknown:
        raise MovieReadError(
            f"The masks next to '{table}' have labels that it does not list, such as {unknown[0]}."
        )
    return nodes.assign(track_id=nodes["label"].map(dict(track_of)))


def _frame_nodes(mask: LabelImage) -> pd.DataFrame:
    y, x = np.nonzero(mask)
    counts = np.bincount(mask[y, x])
    labels = np.flatnonzero(counts)
    return pd.DataFrame(
        {
            "label": labels.astype(np.int64),
            "y": np.bincount(mask[y, x], weights=y)[labels] / counts[labels],
            "x": np.bincount(mask[y, x], weights=x)[labels] / counts[labels],
        }
    )


def _checked_lineage(nodes: pd.DataFrame, parents: Mapping[int, int], table: Path) -> Lineage:
    try:
        return Lineage(nodes, parents)
    except InvalidInputError as error:
        raise MovieReadError(f"'{table}' does not match its masks: {error}") from error
