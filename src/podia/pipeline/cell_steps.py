"""The steps that look at cells: tracking, measures, and further formats."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.lineage import Lineage
from podia.data.movie import LabelMovie
from podia.data.relabel import label_by_track
from podia.data.tables import ALL_TABLES, CELLS
from podia.io.ctc import write_ctc
from podia.io.geff import read_geff, write_geff
from podia.io.kymographs import KymographFiles, write_kymographs
from podia.io.labels_ome_zarr import write_labels_zarr
from podia.io.labels_tiff import write_labels_tiff
from podia.io.tables import read_table, write_table
from podia.io.trackmate import write_trackmate
from podia.measurement.frame import FrameMeasures
from podia.measurement.measure import assemble, measure_labels
from podia.pipeline.job import Job
from podia.pipeline.measure_store import MeasureStore
from podia.tracking.track import track


def track_step(job: Job) -> dict[str, Any]:
    """Track the stored labels; write the lineage and the labels by track."""
    lineage = track(job.segmentation, job.config.tracking, drift=job.drift, progress=job.progress)
    write_geff(lineage, job.folder / "tracks.geff", job.movie.calibration)
    write_labels_zarr(label_by_track(job.segmentation, lineage), job.folder / "labels.ome.zarr")
    divisions = sum(1 for daughters in lineage.daughters().values() if len(daughters) > 1)
    return {"n_tracks": len(lineage.track_ids), "n_divisions": divisions}


def stored_lineage(job: Job) -> Lineage:
    """Return the lineage that the track step wrote."""
    return read_geff(job.folder / "tracks.geff")[0]


def labels_by_track(job: Job) -> LabelMovie:
    """Return the stored labels with track ids for values."""
    return label_by_track(job.segmentation, stored_lineage(job))


def measure_step(job: Job) -> dict[str, Any]:
    """Measure the frames that are not stored yet, and join them into the tables."""
    store = MeasureStore(job.folder.work_of("measure"))
    measures = assemble(
        _frame_measures(job, store),
        stored_lineage(job),
        job.movie.calibration,
        drift=job.drift,
        config=job.config.measurement,
        allocate=KymographFiles(job.folder.work_of("measure")),
    )
    for schema in ALL_TABLES:
        write_table(getattr(measures, schema.name), job.folder / schema.name)
    write_kymographs(measures.kymographs, job.folder / "kymographs.npz")
    return {
        "n_cells": len(measures.cells),
        "n_protrusions": len(measures.protrusions),
        "n_divisions": int((measures.events["event"] == "division").sum()) // 2,
    }


def _frame_measures(job: Job, store: MeasureStore) -> Iterator[FrameMeasures]:
    labels = job.segmentation
    for frame in range(job.movie.n_frames):
        if not store.has(frame):
            store.write(frame, measure_labels(job.movie, labels, frame, job.config.measurement))
        yield store.read(frame)
        job.progress("measure", frame + 1, job.movie.n_frames)


def export_step(job: Job) -> dict[str, Any]:
    """Write the further formats that were asked for, and remove those that no longer are."""
    wanted = job.config.exports
    names = {"tiff": "labels.tif", "ctc": "ctc", "trackmate": "trackmate.xml"}
    for export, name in names.items():
        if export not in wanted:
            job.folder.discard(name)
    if "tiff" in wanted:
        write_labels_tiff(labels_by_track(job), job.folder / "labels.tif", progress=job.progress)
    if "ctc" in wanted:
        write_ctc(job.segmentation, stored_lineage(job), job.folder / "ctc", progress=job.progress)
    if "trackmate" in wanted:
        write_trackmate(
            stored_lineage(job),
            job.folder / "trackmate.xml",
            job.movie.calibration,
            movie_name=Path(job.origin["path"]).name,
            frame_shape=job.movie.frame_shape,
            n_frames=job.movie.n_frames,
            radii_px=None if job.positions_only else _radii_px(job),
        )
    return {"formats": list(wanted)}


def _radii_px(job: Job) -> NDArray[np.float64]:
    """Return the radius of a disc of each cell's area, a row of the lineage's nodes."""
    calibration = job.movie.calibration
    cells = CELLS.to_base(read_table(job.folder / "cells.parquet", CELLS, calibration), calibration)
    nodes = stored_lineage(job).nodes.merge(
        cells[["frame", "track_id", "area"]], on=["frame", "track_id"], how="left"
    )
    radii: NDArray[np.float64] = np.sqrt(nodes["area"].to_numpy(np.float64) / np.pi)
    return radii
