"""Edits of files that other programs open, as corrections: those to import now, and those that wait in the folder."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podia.corrections.apply import apply_corrections
from podia.corrections.edits import changed_links, painted_cells, removed_cells
from podia.corrections.operations import Correction
from podia.corrections.record import read_corrections, to_line, write_corrections
from podia.data.errors import PodiaError
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.relabel import label_by_track
from podia.files.json_file import read_json, write_json
from podia.io.analysis_folder import AnalysisFolder
from podia.io.layout import CTC, LABELS, LABELS_TIFF
from podia.io.read import read_labels
from podia.io.tracks.read import open_tracks
from podia.io.written_files import EDITABLE, content_checksum, edited_files
from podia.pipeline.stored_cells import StoredCells
from podia.results.results import Results

_TAKEN = "taken.json"
"""File in the folder's ``.podia`` with the checksums of edited files that were added to the corrections."""

_WAITING = "edits.jsonl"
"""File in the folder's ``.podia`` with the edits of files that a run has renamed since."""


def keep_edits(results: Results, names: Iterable[str]) -> None:
    """Store the edits of those of the files `names` that were edited, before a run renames these files.

    Edits are differences from what podia wrote, which is about to be replaced. A file that cannot be read keeps its
    edits to itself; a UserWarning names it.
    """
    edited = edited_files(results.folder, set(names) & set(EDITABLE))
    if not edited or results.facts("correct") is None:
        return
    kept = list(waiting_edits(results.folder))
    for name in not_taken_before(results, edited):
        try:
            kept += [one for one in edits_of(results, (name,)).corrections if one not in kept]
        except PodiaError as error:
            warnings.warn(f"The changes in '{results / name}' cannot be read: {error}", stacklevel=3)
    if kept:
        write_corrections(kept, results.folder.work / _WAITING)


def waiting_edits(folder: AnalysisFolder) -> tuple[Correction, ...]:
    """Return the edits of files that were renamed before ``podia apply``."""
    path = folder.work / _WAITING
    return read_corrections(path) if path.is_file() else ()


def discard_waiting_edits(folder: AnalysisFolder) -> None:
    """Forget the edits that wait, once they are among the corrections."""
    (folder.work / _WAITING).unlink(missing_ok=True)


def warn_of_waiting_edits(folder: AnalysisFolder) -> None:
    """Warn of edits that no correction includes yet."""
    n_waiting = len(waiting_edits(folder))
    if n_waiting:
        warnings.warn(
            f"Changes in renamed files that are not in the results yet: {n_waiting}. "
            f"To import them: podia apply {folder.path}.",
            stacklevel=2,
        )


@dataclass(frozen=True)
class FoundEdits:
    """Edits as corrections, without repeats, and the files that were saved again without changes."""

    corrections: tuple[Correction, ...]
    unchanged: tuple[str, ...]


def edits_of(results: Results, edited: tuple[str, ...]) -> FoundEdits:
    """Return the edits in all files, relative to the files written by podia."""
    cells = StoredCells(
        results.folder,
        results.origin.shape,
        results.calibration,
        results.origin.movie.stem,
        results.segmentation.positions_only,
    )
    written, lineage = label_by_track(cells.labels, cells.lineage), _by_track(cells.lineage)
    made: list[Correction] = []
    unchanged = []
    for name in edited:
        found = _edits_in(results / name, name, written, lineage)
        made += [one for one in found.corrections if one not in made]
        if not found.corrections and not found.n_without_cell:
            unchanged.append(name)
    return FoundEdits(tuple(made), tuple(unchanged))


def note_taken(results: Results, edited: tuple[str, ...], corrections: list[Correction]) -> None:
    """Record that edits are in the file of corrections that is written next, so that they are not added twice."""
    write_json(results.folder.work / _TAKEN, _taken(results, edited, corrections))


def not_taken_before(results: Results, edited: tuple[str, ...]) -> tuple[str, ...]:
    """Return the files whose edits are not yet in the corrections.

    An interrupted run may have added some of them, and renamed some of these files.
    """
    noted = read_json(results.folder.work / _TAKEN)
    if noted is None:
        return edited
    taken = _taken(results, edited, results.corrections[: noted["n_corrections"]])
    if noted["corrections"] != taken["corrections"]:
        return edited
    return tuple(name for name in edited if noted["files"].get(name) != taken["files"][name])


def _taken(results: Results, edited: tuple[str, ...], corrections: Sequence[Correction]) -> dict[str, Any]:
    text = "\n".join(to_line(one) for one in corrections)
    return {
        "files": {name: content_checksum(results / name) for name in edited},
        "n_corrections": len(corrections),
        "corrections": hashlib.sha256(text.encode()).hexdigest(),
    }


@dataclass(frozen=True)
class _Edits:
    """Edits in one file, and the number of positions outside all cells."""

    corrections: tuple[Correction, ...]
    n_without_cell: int = 0


def _edits_in(path: Path, name: str, written: LabelMovie, lineage: Lineage) -> _Edits:
    if name in (LABELS, LABELS_TIFF):
        painted = painted_cells(read_labels(path), written)
        return _Edits(() if painted is None else (painted,))
    tracks = open_tracks(path)
    if name == CTC and tracks.labels is not None:
        # Its values are tracks without gaps; track ids make them comparable.
        painted = painted_cells(label_by_track(tracks.labels, tracks.lineage), written)
        links = changed_links(tracks.lineage, lineage, written)
        return _Edits((*(() if painted is None else (painted,)), *links))
    removed, n_without_cell = removed_cells(tracks.lineage, lineage, written)
    if n_without_cell:
        warnings.warn(
            f"{n_without_cell} positions in '{name}' lie outside all cells, or in a cell with another "
            f"position. They are ignored, because a cell needs an outline. Draw it in '{LABELS}' (napari) "
            f"or '{LABELS_TIFF}' (Fiji).",
            stacklevel=3,
        )
    if removed is None:
        return _Edits(tuple(changed_links(tracks.lineage, lineage, written)), n_without_cell)
    left = apply_corrections(written, lineage, [removed])
    links = changed_links(tracks.lineage, left.lineage, left.labels)
    return _Edits((removed, *links), n_without_cell)


def _by_track(lineage: Lineage) -> Lineage:
    return Lineage(
        lineage.nodes.assign(label=lineage.nodes["track_id"]), lineage.parents, lineage.merged_into
    )
