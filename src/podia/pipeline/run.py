"""``podia run`` for one movie: the steps in order, each done once, whatever interrupts them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from podia.data.progress import Progress, silent
from podia.files.atomic import atomic_path
from podia.files.json_file import read_json, write_json
from podia.io.analysis_folder import AnalysisFolder
from podia.io.layout import LOG, RUN_RECORD
from podia.pipeline.cell_steps import export_step, measure_step, track_step
from podia.pipeline.config import RunConfig
from podia.pipeline.image_steps import drift_step, segment_step
from podia.pipeline.job import Job, open_job
from podia.pipeline.record import log_session, log_text, run_record
from podia.pipeline.report_step import report_step
from podia.pipeline.steps import STEPS, Done, Step

_STEP_FUNCTIONS: Mapping[Step, Callable[[Job], Done]] = {
    "drift": drift_step,
    "segment": segment_step,
    "track": track_step,
    "measure": measure_step,
    "export": export_step,
    "report": report_step,
}


def run(
    movie: str | Path,
    output: str | Path,
    config: RunConfig | None = None,
    *,
    labels: str | Path | None = None,
    points: str | Path | None = None,
    until: Step = "report",
    progress: Progress = silent,
) -> AnalysisFolder:
    """Analyse one movie into the folder `output` and return that folder.

    Steps that an earlier run finished with the same movie and settings are not done again while their files are
    there; a step that was killed goes on where it stopped. The files are the same, byte for byte, however often it
    was interrupted.

    Parameters
    ----------
    movie
        A TIFF, OME-Zarr, ND2, CZI or LIF file, or a folder of images.
    output
        The analysis folder; made if it is not there.
    config
        Settings; defaults where None.
    labels
        Masks of another program to use in place of podia's segmentation, of the movie's size.
    points
        A table of positions to use in its place (CSV of ``frame, y, x`` in px): cells are counted and followed, and
        what needs outlines is left undefined.
    until
        Last step to do: drift, segment, track, measure, export or report.
    progress
        Called as ``progress(step, done, total)`` with frames done.

    Raises
    ------
    MovieReadError, InvalidInputError, OutputError
        See :func:`podia.pipeline.job.open_job`; each message says what to do.

    Examples
    --------
    >>> import podia
    >>> folder = podia.run("movie.tif", "results/movie")  # doctest: +SKIP
    >>> folder / "report.html"  # doctest: +SKIP
    """
    folder = AnalysisFolder(Path(output))
    job = open_job(
        Path(movie),
        folder,
        config or RunConfig(),
        labels=None if labels is None else Path(labels),
        points=None if points is None else Path(points),
        progress=progress,
    )
    write_json(folder.work / "config.json", job.config.model_dump(mode="json"))
    log_session(folder, "run started")
    for step in STEPS[: STEPS.index(until) + 1]:
        _do(job, step)
    if until == STEPS[-1]:
        _write_record(job)
    log_session(folder, f"run finished ({until})")
    return folder


def _do(job: Job, step: Step) -> None:
    stamp = job.stamps[step]
    n_frames = job.movie.n_frames
    if stamp.is_on(job.folder):
        job.progress(step, n_frames, n_frames)
        return
    # Until everything is done again the record would tell of results that are no longer there.
    job.folder.discard(RUN_RECORD)
    job.folder.discard(LOG)
    stamp.begin(job.folder)
    stamp.finish(job.folder, _STEP_FUNCTIONS[step](job))
    job.progress(step, n_frames, n_frames)
    log_session(job.folder, f"{step} done")


def _write_record(job: Job) -> None:
    record = run_record(job)
    if read_json(job.folder / RUN_RECORD) == record and (job.folder / LOG).is_file():
        return
    with atomic_path(job.folder / LOG) as temporary:
        temporary.write_text(log_text(record), encoding="utf-8")
    write_json(job.folder / RUN_RECORD, record)
