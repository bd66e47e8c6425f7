"""Edits of other programs taken over: masks painted in napari or Fiji, links changed in TrackMate or napari."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from podia.corrections.edits import changed_links, painted_cells
from podia.corrections.operations import Correction
from podia.corrections.record import write_corrections
from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.progress import Progress, silent
from podia.data.relabel import label_by_track
from podia.io.layout import CORRECTIONS, CTC, LABELS, LABELS_TIFF
from podia.io.read import read_labels
from podia.io.tracks.read import open_tracks
from podia.io.written_files import edited_files
from podia.pipeline.again import run_again
from podia.pipeline.run import Ran
from podia.pipeline.stored_cells import StoredCells
from podia.results.results import open_results


@dataclass(frozen=True)
class Applied:
    """The results after edits were taken over, the files that were edited, and the corrections made of them."""

    ran: Ran
    edited: tuple[str, ...]
    corrections: tuple[Correction, ...]


def apply_edits(
    path: str | Path, *, author: str | None = None, time: str | None = None, progress: Progress = silent
) -> Applied:
    """Take edits of an analysis folder over as corrections, and measure anew what depends on them.

    Label images (``labels.ome.zarr``, ``labels.tif``, the masks in ``ctc``) and links (``tracks.geff``,
    ``trackmate.xml``, ``res_track.txt``) are compared with what podia wrote. The edited files are kept under another
    name, since podia writes new ones.

    Raises
    ------
    InvalidInputError
        If an edited file does not fit the movie.
    MovieReadError
        If an edited file cannot be read.
    """
    results = open_results(path)
    edited = edited_files(results.folder)
    made: list[Correction] = []
    if edited:
        cells = StoredCells(
            results.folder,
            results.origin.shape,
            results.calibration,
            results.origin.movie.stem,
            results.segmentation.positions_only,
        )
        written, lineage = label_by_track(cells.labels, cells.lineage), _by_track(cells.lineage)
        for name in edited:
            made += _corrections_of(results / name, name, written, lineage)
    if made:
        signed = (one.model_copy(update={"author": author, "time": time}) for one in made)
        write_corrections([*results.corrections, *signed], results / CORRECTIONS)
    return Applied(run_again(results.path, progress=progress), edited, tuple(made))


def _corrections_of(path: Path, name: str, written: LabelMovie, lineage: Lineage) -> Iterator[Correction]:
    if name in (LABELS, LABELS_TIFF):
        painted = painted_cells(read_labels(path), written)
        if painted is not None:
            yield painted
        return
    tracks = open_tracks(path)
    if name == CTC and tracks.labels is not None:
        # Its values are tracks without gaps; by track id they can be compared.
        painted = painted_cells(label_by_track(tracks.labels, tracks.lineage), written)
        if painted is not None:
            yield painted
    yield from changed_links(tracks.lineage, lineage, written)


def _by_track(lineage: Lineage) -> Lineage:
    return Lineage(
        lineage.nodes.assign(label=lineage.nodes["track_id"]), lineage.parents, lineage.merged_into
    )
