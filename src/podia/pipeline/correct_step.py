"""The correct step: applies corrections, and writes the lineage and the labels by track."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from podia.corrections.apply import Outcome, apply_corrections
from podia.data.relabel import label_by_track
from podia.files.atomic import atomic_path
from podia.files.removal import remove
from podia.io.fingerprint import fingerprint
from podia.io.labels_ome_zarr import write_labels_zarr
from podia.io.layout import CORRECTIONS, LABELS, LINEAGE
from podia.pipeline.job import Job
from podia.pipeline.lineage_file import read_lineage, write_lineage
from podia.pipeline.steps import Done
from podia.pipeline.tracks_file import write_tracks_file
from podia.results.facts import CorrectFacts


def correct_step(job: Job) -> Done:
    """Apply ``corrections.jsonl`` to labels and lineage; without this file they are unchanged."""
    store = job.cells.corrected_frames
    remove(store.folder)
    lineage = read_lineage(job.cells.tracked_file)
    corrected = apply_corrections(job.cells.tracked_labels, lineage, job.corrections)
    for frame in corrected.changed_frames:
        store.write(frame, corrected.labels.frame(frame))
    lineage = corrected.lineage
    write_lineage(lineage, job.cells.corrected_file)
    write_tracks_file(job, lineage)
    with atomic_path(job.folder / LABELS) as temporary:
        write_labels_zarr(label_by_track(job.labels, lineage), temporary)
    facts = CorrectFacts(
        n_tracks=len(lineage.track_ids),
        n_divisions=lineage.n_divisions,
        given=job.given_tracks is not None,
        n_corrections=len(job.corrections),
        problems=tuple(
            _in_words(number, outcome)
            for number, outcome in enumerate(corrected.outcomes, 1)
            if not outcome.applied
        ),
        names=dict(corrected.names),
        changed_frames=corrected.changed_frames,
    )
    for problem in facts.problems:
        warnings.warn(problem, stacklevel=2)
    stored = [job.cells.corrected_file, *map(store.path_of, corrected.changed_frames)]
    return Done((LINEAGE, LABELS, *(str(file.relative_to(job.folder.path)) for file in stored)), facts)


def corrected_versions(job: Job) -> Mapping[int, str]:
    """Return an identifier of the content of each frame whose labels were corrected."""
    store = job.cells.corrected_frames
    frames = (frame for frame in range(job.movie.n_frames) if store.has(frame))
    return {frame: fingerprint(store.path_of(frame))[:16] for frame in frames}


def _in_words(number: int, outcome: Outcome) -> str:
    return (
        f"Correction {number} of {CORRECTIONS} ({outcome.correction.op}) was not applied: {outcome.problem}."
    )
