"""Steps on cells: tracking, measurement, and export to other formats."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.corrections.suspects import find_suspects
from podia.corrections.suspects_table import suspects_table
from podia.data.contacts import CONTACT_KINDS
from podia.data.field_of_view import FieldOfView
from podia.data.movie import LabelMovie
from podia.data.relabel import label_by_track
from podia.data.suspect_table import SUSPECTS
from podia.data.tables import ALL_TABLES, CELLS, EVENTS, FOLDER_TABLES, TRACKS
from podia.io.kymographs import KymographFiles, write_kymographs
from podia.io.layout import (
    CTC,
    KYMOGRAPH_ARRAYS,
    LABELS,
    LABELS_TIFF,
    LINEAGE,
    TRACKMATE,
    WORKBOOK,
    csv_of,
    parquet_of,
)
from podia.io.tables import write_csv, write_parquet
from podia.io.tiff.write_labels import LARGEST_LABEL, write_labels_tiff
from podia.io.tracks.ctc import write_ctc
from podia.io.tracks.ctc_tracks import split_at_gaps
from podia.io.tracks.node_measures import measures_of_nodes
from podia.io.tracks.trackmate import write_trackmate
from podia.io.workbook import SHEETS, write_workbook
from podia.io.written_files import begin_writing, edited_files
from podia.measurement.assemble import assemble
from podia.measurement.frame import FrameMeasures, measure_frame
from podia.measurement.measure import complete_measures, measure_labels
from podia.pipeline.config import Export
from podia.pipeline.contact_store import store_contacts, stored_contacts
from podia.pipeline.correct_step import corrected_versions
from podia.pipeline.frame_processes import map_frames
from podia.pipeline.job import Job
from podia.pipeline.known_edges import KnownEdges
from podia.pipeline.lineage_file import write_lineage
from podia.pipeline.measure_store import MeasureStore
from podia.pipeline.steps import Done
from podia.pipeline.tracks_file import write_tracks_file
from podia.preprocessing.drift import fields_of_view
from podia.results.facts import ExportFacts, MeasureFacts, TrackFacts
from podia.tracking.follow import TrackingResult, follow

_EXPORT_NAMES: dict[Export, str] = {
    "tiff": LABELS_TIFF,
    "ctc": CTC,
    "trackmate": TRACKMATE,
    "xlsx": WORKBOOK,
}
_CELLS_WORTH_PROCESSES = 1000
"""Number of outlines to measure from which on several processes save more time than their start takes."""


def track_step(job: Job) -> Done:
    """Track the stored labels and resolve contacts, or use given tracks; store the state before corrections."""
    if job.given_tracks is not None:
        followed = TrackingResult(job.segmentation, job.given_tracks.on(job.segmentation))
    else:
        followed = _follow(job)
    lineage = followed.lineage
    store_contacts(job, followed)
    file = job.cells.tracked_file
    write_lineage(lineage, file)
    counts = Counter(record.kind for record in followed.contacts)
    facts = TrackFacts(
        n_tracks=len(lineage.track_ids),
        n_divisions=lineage.n_divisions,
        contacts={kind: counts[kind] for kind in CONTACT_KINDS if counts[kind]},
        given=job.given_tracks is not None,
    )
    return Done((str(file.relative_to(job.folder.path)),), facts)


def _follow(job: Job) -> TrackingResult:
    config = job.config.tracking
    if job.given_labels is not None:  # masks from another program are never changed
        config = config.model_copy(update={"contact": config.contact.model_copy(update={"enabled": False})})
    return follow(job.segmentation, config, movie=job.movie, drift=job.drift, progress=job.progress)


def labels_by_track(job: Job) -> LabelMovie:
    """Return the corrected labels, with track ids as values."""
    return label_by_track(job.labels, job.lineage)


def measure_step(job: Job) -> Done:
    """Measure the frames that are not stored yet, and assemble the tables."""
    store = MeasureStore(job.folder.work_of("measure"), corrected_versions(job))
    measures = assemble(
        _frame_measures(job, store),
        job.lineage,
        job.movie.calibration,
        drift=job.drift,
        config=job.config.measurement,
        contacts=stored_contacts(job),
        allocate=KymographFiles(job.folder.work_of("measure")),
        known_edges=KnownEdges(job.folder.work_of("measure") / "followed"),
    )
    tables = {schema.name: measures[schema.name] for schema in ALL_TABLES}
    names = job.results.tracking.names
    tracks = tables[TRACKS.name]
    tables[TRACKS.name] = tracks.assign(name=[names.get(int(track), "") for track in tracks["track_id"]])
    tables[SUSPECTS.name] = _suspects(job, measures.cells, measures.events)
    for name, table in tables.items():
        write_csv(table, job.folder / csv_of(name))
        write_parquet(table, job.folder / parquet_of(name))
    write_kymographs(measures.kymographs, job.folder / KYMOGRAPH_ARRAYS)
    lineage = _write_measures_of_tracks(job, measures.cells)
    files = tuple(place(schema.name) for schema in FOLDER_TABLES for place in (csv_of, parquet_of))
    facts = MeasureFacts(n_cells=len(measures.cells), n_protrusions=len(measures.protrusions))
    return Done((*files, KYMOGRAPH_ARRAYS, *lineage), facts)


def _suspects(job: Job, cells: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    """Return the suspects of the analysis in its current state, including corrections."""
    calibration = job.movie.calibration
    found = find_suspects(
        job.labels, job.lineage, CELLS.to_base(cells, calibration), EVENTS.to_base(events, calibration)
    )
    return SUSPECTS.conform(suspects_table(found), calibration)


def _write_measures_of_tracks(job: Job, cells: pd.DataFrame) -> tuple[str, ...]:
    """Add measures to the track file and return its name; nothing if the file was edited."""
    if edited_files(job.folder, (LINEAGE,)):
        return ()
    begin_writing(job.folder, (LINEAGE,))
    write_tracks_file(job, job.lineage, measures_of_nodes(job.lineage, cells, job.movie.calibration))
    return (LINEAGE,)


def _frame_measures(job: Job, store: MeasureStore) -> Iterator[FrameMeasures]:
    labels, fields, uncorrected = job.labels, _fields_of_view(job), MeasureStore(store.folder)
    in_parallel = _frames_in_parallel(job, store)
    config, calibration = job.config.measurement, job.movie.calibration
    computed = map_frames(
        measure_frame,
        (
            (job.movie.frame(frame), labels.frame(frame), config, calibration, fields[frame])
            for frame in in_parallel
        ),
        processes=job.processes,
    )
    for frame in range(job.movie.n_frames):
        confidence = None if store.has(frame) else job.cells.confidence(frame)
        if frame in in_parallel:
            store.write(frame, complete_measures(next(computed), job.movie, frame, confidence))
        elif not store.has(frame):
            before = None
            if frame in store.versions and uncorrected.has(frame):
                before = job.cells.tracked_labels.frame(frame), uncorrected.read(frame)
            measures = measure_labels(
                job.movie, labels, frame, config, fields[frame], confidence=confidence, before=before
            )
            store.write(frame, measures)
        yield store.read(frame)
        job.progress("measure", frame + 1, job.movie.n_frames)


def _frames_in_parallel(job: Job, store: MeasureStore) -> Sequence[int]:
    """Return the frames to measure in several processes; none if starting these takes longer than it saves."""
    if job.processes < 2 or job.positions_only:
        return ()
    missing = [
        frame for frame in range(job.movie.n_frames) if frame not in store.versions and not store.has(frame)
    ]
    cells_per_frame = job.results.segmentation.n_cells / job.movie.n_frames
    return missing if len(missing) * cells_per_frame >= _CELLS_WORTH_PROCESSES else ()


def _fields_of_view(job: Job) -> tuple[FieldOfView, ...]:
    """Return the field of view of each frame, in which cells can lie; for given labels, it is not cropped."""
    shape = job.movie.frame_shape
    if job.given_labels is not None:
        return (FieldOfView.whole(shape),) * job.movie.n_frames
    return fields_of_view(job.drift, shape, job.config.preprocessing.drift)


def export_step(job: Job) -> Done:
    """Write the requested formats that can hold the tracks, and remove the others."""
    too_small = _too_small_formats(job)
    wanted = [export for export in job.config.exports if export not in too_small]
    for export, name in _EXPORT_NAMES.items():
        if export not in wanted:
            job.folder.discard(name)
    if "tiff" in wanted:
        write_labels_tiff(labels_by_track(job), job.folder / LABELS_TIFF, progress=job.progress)
    if "ctc" in wanted:
        write_ctc(job.labels, job.lineage, job.folder / CTC, progress=job.progress)
    if "trackmate" in wanted:
        write_trackmate(
            job.lineage,
            job.folder / TRACKMATE,
            job.movie.calibration,
            movie_name=job.origin.movie.name,
            movie_folder=str(job.origin.movie.parent),
            frame_shape=job.movie.frame_shape,
            n_frames=job.movie.n_frames,
            radii_px=None if job.positions_only else _radii_px(job),
            measures=measures_of_nodes(job.lineage, job.results.tables.cells, job.movie.calibration),
            labels=None if job.positions_only else job.labels,
        )
    if "xlsx" in wanted:
        tables = job.results.tables
        write_workbook(
            {schema.name: tables[schema.name] for schema in SHEETS},
            job.folder / WORKBOOK,
            job.movie.calibration,
        )
    facts = ExportFacts(
        formats=tuple(wanted),
        left_out=tuple(too_small),
        largest_label=LARGEST_LABEL,
        instead=(LABELS, LINEAGE),
    )
    for note in facts.notes():
        warnings.warn(note, stacklevel=2)
    return Done(tuple(_EXPORT_NAMES[export] for export in wanted), facts)


def _too_small_formats(job: Job) -> list[str]:
    """Return the requested formats whose 16 bits are too few for the number of tracks."""
    if not job.config.exports:
        return []
    lineage = job.lineage
    largest = {
        "tiff": max(lineage.track_ids, default=0),
        # In this format a track ends at a gap, and continues as another.
        "ctc": max((segment.label for segment in split_at_gaps(lineage)[0]), default=0),
    }
    return [export for export in job.config.exports if largest.get(export, 0) > LARGEST_LABEL]


def _radii_px(job: Job) -> NDArray[np.float64]:
    """Return the radius of a disc with the area of each cell, one per node of the lineage."""
    cells = CELLS.to_base(job.results.tables.cells, job.movie.calibration)
    nodes = job.lineage.nodes.merge(
        cells[["frame", "track_id", "area"]], on=["frame", "track_id"], how="left"
    )
    radii: NDArray[np.float64] = np.sqrt(nodes["area"].to_numpy(np.float64) / np.pi)
    return radii
