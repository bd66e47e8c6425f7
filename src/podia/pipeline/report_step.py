"""The report step: report, overlay film, and README of the folder."""

from __future__ import annotations

from podia.io.layout import DESCRIPTIONS, FILM, LOG, README, REPORT, RUN_RECORD
from podia.pipeline.cell_steps import labels_by_track
from podia.pipeline.folder_readme import write_readme
from podia.pipeline.job import Job
from podia.pipeline.record import run_record
from podia.pipeline.steps import Done
from podia.reporting.inputs import ReportInputs
from podia.reporting.overlay import write_overlay
from podia.reporting.quality import quality_warnings
from podia.reporting.report import report
from podia.results.facts import Finding, ReportFacts


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
    findings = tuple(
        Finding(severity=found.severity, title=found.title, text=found.text, advice=found.advice)
        for found in quality_warnings(inputs)
    )
    return Done((FILM, REPORT, README), ReportFacts(warnings=findings))


def _inputs(job: Job) -> ReportInputs:
    # The report links to files that are written after it.
    written_later = (FILM, README, RUN_RECORD, LOG)
    present = job.results.files
    files = {name: text for name, text in DESCRIPTIONS.items() if name in present or name in written_later}
    files.pop(REPORT, None)
    return ReportInputs(
        movie=job.movie,
        labels=labels_by_track(job),
        lineage=job.lineage,
        drift=job.drift,
        tables=job.results.tables,
        run=run_record(job),
        segmented_by=job.results.segmentation.made_by,
        trust=job.results.segmentation.trust_in_cells,
        models=() if job.model is None else tuple(member.card for member in job.model.members),
        suspects=job.results.suspects,
        files=files,
        kymographs=job.results.kymographs_of("velocity"),
    )
