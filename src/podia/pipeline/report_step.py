"""The last step: the page and the film."""

from __future__ import annotations

from podia.data.tables import ALL_TABLES
from podia.io.kymographs import read_kymographs
from podia.io.tables import read_table
from podia.pipeline.cell_steps import labels_by_track, stored_lineage
from podia.pipeline.folder import DESCRIPTIONS
from podia.pipeline.job import Job
from podia.pipeline.record import run_record, segmented_by
from podia.pipeline.steps import Done
from podia.reporting.inputs import ReportInputs
from podia.reporting.overlay import write_overlay
from podia.reporting.quality import quality_warnings
from podia.reporting.report import report


def report_step(job: Job) -> Done:
    """Write ``overlay.mp4`` and ``report.html``."""
    inputs = _inputs(job)
    write_overlay(
        inputs.movie,
        inputs.labels,
        inputs.tables,
        job.folder / "overlay.mp4",
        job.config.report,
        progress=job.progress,
    )
    report(inputs, job.folder / "report.html", job.config.report, progress=job.progress)
    warnings = [warning.text for warning in quality_warnings(inputs)]
    return Done(("overlay.mp4", "report.html"), {"warnings": warnings})


def _inputs(job: Job) -> ReportInputs:
    calibration = job.movie.calibration
    tables = {
        schema.name: read_table(job.folder / f"{schema.name}.parquet", schema, calibration)
        for schema in ALL_TABLES
    }
    # report.html and run.* come after this step, and the page links to them: so not only what exists by now.
    written_later = ("overlay.mp4", "run.json", "run.log")
    present = job.folder.outputs()
    files = {name: text for name, text in DESCRIPTIONS.items() if name in present or name in written_later}
    files.pop("report.html", None)
    return ReportInputs(
        movie=job.movie,
        labels=labels_by_track(job),
        lineage=stored_lineage(job),
        drift=job.drift,
        tables=tables,
        run=run_record(job),
        segmented_by=segmented_by(job.folder),
        models=() if job.model is None else tuple(member.card for member in job.model.members),
        files=files,
        kymographs=read_kymographs(job.folder / "kymographs.npz", calibration, ("velocity",)),
    )
