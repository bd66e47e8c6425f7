"""Import of edits made in other programs: masks painted in napari or Fiji, links changed in TrackMate or napari."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podia.corrections.apply import apply_corrections
from podia.corrections.edits import changed_links, painted_cells, removed_cells
from podia.corrections.operations import Correction
from podia.corrections.record import to_line, write_corrections
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.progress import Progress, silent
from podia.data.relabel import label_by_track
from podia.files.folder_lock import locked_folder
from podia.files.json_file import read_json, write_json
from podia.io.layout import CORRECTIONS, CTC, LABELS, LABELS_TIFF
from podia.io.read import read_labels
from podia.io.tracks.read import open_tracks
from podia.io.written_files import content_checksum, edited_files, end_writing
from podia.pipeline.again import run_again
from podia.pipeline.run import Ran
from podia.pipeline.stored_cells import StoredCells
from podia.results.results import Results, open_results

_TAKEN = "taken.json"
"""File in the folder's ``.podia`` with the checksums of edited files that were added to the corrections."""


@dataclass(frozen=True)
class Applied:
    """Results after importing edits, the edited files, and the corrections derived from them."""

    ran: Ran
    edited: tuple[str, ...]
    corrections: tuple[Correction, ...]


def apply_edits(
    path: str | Path, *, author: str | None = None, time: str | None = None, progress: Progress = silent
) -> Applied:
    """Import the edits in an analysis folder as corrections, and update everything that depends on them.

    Label images (``labels.ome.zarr``, ``labels.tif``, the masks in ``ctc``) and links (``tracks.geff``,
    ``trackmate.xml``, ``res_track.txt``) are compared with what podia wrote. The edited files are kept under another
    name, because podia writes new ones.

    Raises
    ------
    InvalidInputError
        If an edited file does not fit the movie.
    MovieReadError
        If an edited file cannot be read.
    """
    results = open_results(path)
    with locked_folder(results.folder.work, results.path):
        edited = edited_files(results.folder)
        signed: list[Correction] = []
        fresh = _not_taken_before(results, edited)
        if fresh:
            results.require("correct")
            made = _edits_of(results, fresh)
            signed = [one.model_copy(update={"author": author, "time": time}) for one in made]
        if signed:
            all_corrections = [*results.corrections, *signed]
            _note_taken(results, edited, all_corrections)
            write_corrections(all_corrections, results / CORRECTIONS)
    return Applied(run_again(results.path, progress=progress), edited, tuple(signed))


def _edits_of(results: Results, edited: tuple[str, ...]) -> list[Correction]:
    """Return the edits in all files, relative to the files written by podia, without repeats."""
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
    # Saved again by another program without changes.
    end_writing(results.folder, unchanged)
    return made


def _note_taken(results: Results, edited: tuple[str, ...], corrections: list[Correction]) -> None:
    """Record that edits are in the file of corrections that is written next, so that they are not added twice."""
    write_json(results.folder.work / _TAKEN, _taken(results, edited, corrections))


def _not_taken_before(results: Results, edited: tuple[str, ...]) -> tuple[str, ...]:
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
