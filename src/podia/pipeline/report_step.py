"""The last step: the page, the film, and the folder's README."""

from __future__ import annotations

from podia.data.tables import ALL_TABLES
from podia.io.kymographs import read_kymographs
from podia.io.layout import DESCRIPTIONS, FILM, KYMOGRAPH_ARRAYS, LOG, README, REPORT, RUN_RECORD, parquet_of
from podia.io.tables import read_table
from podia.pipeline.cell_steps import labels_by_track, stored_lineage
from podia.pipeline.folder_readme import write_readme
from podia.pipeline.job import Job
from podia.pipeline.record import run_record, segmented_by, trust_of
from podia.pipeline.steps import Done
from podia.reporting.inputs import ReportInputs
from podia.reporting.overlay import write_overlay
from podia.reporting.quality import quality_warnings
from podia.reporting.report import report


def report_step(job: Job) -> Done:
    """Write ``overlay.mp4``, ``report.html`` and ``README.txt``."""
    inputs = _inputs(job)
    write_overlay(
        inputs.movie,
        inputs.labels,
        inputs.tables,
        job.folder / FILM,
        job.config.report,
        progress=job.progress,
    )
    report(inputs, job.folder / REPORT, job.config.report, progress=job.progress)
    write_readme(job.folder, inputs.movie.name)
    warnings = [warning.text for warning in quality_warnings(inputs)]
    return Done((FILM, REPORT, README), {"warnings": warnings})


def _inputs(job: Job) -> ReportInputs:
    calibration = job.movie.calibration
    tables = {
        schema.name: read_table(job.folder / parquet_of(schema.name), schema, calibration)
        for schema in ALL_TABLES
    }
    # These and report.html come after this step, and the page links to them: so not only what exists by now.
    written_later = (FILM, README, RUN_RECORD, LOG)
    present = job.folder.outputs()
    files = {name: text for name, text in DESCRIPTIONS.items() if name in present or name in written_later}
    files.pop(REPORT, None)
    return ReportInputs(
        movie=job.movie,
        labels=labels_by_track(job),
        lineage=stored_lineage(job),
        drift=job.drift,
        tables=tables,
        run=run_record(job),
        segmented_by=segmented_by(job.folder),
        trust=trust_of(job.folder),
        models=() if job.model is None else tuple(member.card for member in job.model.members),
        files=files,
        kymographs=read_kymographs(job.folder / KYMOGRAPH_ARRAYS, calibration, ("velocity",)),
    )
