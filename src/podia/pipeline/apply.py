"""Import of edits made in other programs: masks painted in napari or Fiji, links changed in TrackMate or napari."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from podia.corrections.operations import Correction
from podia.corrections.record import write_corrections
from podia.data.progress import Progress, silent
from podia.files.folder_lock import locked_folder
from podia.io.layout import CORRECTIONS
from podia.io.written_files import edited_files, end_writing
from podia.pipeline.again import run_again
from podia.pipeline.edits import discard_waiting_edits, edits_of, not_taken_before, note_taken, waiting_edits
from podia.pipeline.run import Ran
from podia.results.results import Results, open_results


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
    name, because podia writes new ones. Edits of files that an earlier run has renamed are imported, too.

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
        made = _waiting(results)
        fresh = not_taken_before(results, edited)
        if fresh:
            results.require("correct")
            found = edits_of(results, fresh)
            made += [one for one in found.corrections if one not in made]
            end_writing(results.folder, found.unchanged)
        signed = [one.model_copy(update={"author": author, "time": time}) for one in made]
        if signed:
            all_corrections = [*results.corrections, *signed]
            note_taken(results, edited, all_corrections)
            write_corrections(all_corrections, results / CORRECTIONS)
        discard_waiting_edits(results.folder)
    return Applied(run_again(results.path, progress=progress), edited, tuple(signed))


def _waiting(results: Results) -> list[Correction]:
    """Return the edits that wait, without those that a killed call has added to the corrections."""
    added = [one.model_copy(update={"author": None, "time": None}) for one in results.corrections]
    return [one for one in waiting_edits(results.folder) if one not in added]
