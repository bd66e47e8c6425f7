"""Run of one movie: all steps in order, each done once even if the run is interrupted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import overload

from podia.data.arguments import settle_config
from podia.data.config import Settings
from podia.data.errors import InvalidInputError
from podia.data.progress import Progress, silent
from podia.data.tables import FOLDER_TABLES
from podia.files.atomic import atomic_path
from podia.files.folder_lock import locked_folder
from podia.files.json_file import read_json, write_json
from podia.io.analysis_folder import AnalysisFolder
from podia.io.layout import (
    CTC,
    DRIFT,
    FILM,
    KYMOGRAPH_ARRAYS,
    LABELS,
    LABELS_TIFF,
    LINEAGE,
    LOG,
    PROBABILITIES,
    README,
    REPORT,
    RUN_RECORD,
    TRACKMATE,
    WORKBOOK,
    csv_of,
    parquet_of,
)
from podia.io.step_marks import STEPS, Step
from podia.io.written_files import begin_writing, end_writing, warn_of_edits
from podia.networks.inference.resolve import ResolvedModel
from podia.pipeline.cell_steps import export_step, measure_step, track_step
from podia.pipeline.config import RunConfig
from podia.pipeline.correct_step import correct_step
from podia.pipeline.edits import keep_edits, warn_of_waiting_edits
from podia.pipeline.image_steps import drift_step, segment_step
from podia.pipeline.job import Job, open_job
from podia.pipeline.record import facts_of_run, log_session, log_text, run_record
from podia.pipeline.report_step import report_step
from podia.pipeline.source import Source
from podia.pipeline.steps import Done
from podia.results.results import Results
from podia.segmentation.choice import Method, ModelName, method_settings

_STEP_FUNCTIONS: Mapping[Step, Callable[[Job], Done]] = {
    "drift": drift_step,
    "segment": segment_step,
    "track": track_step,
    "correct": correct_step,
    "measure": measure_step,
    "export": export_step,
    "report": report_step,
}


_OUTPUTS_OF: Mapping[Step, tuple[str, ...]] = {
    "drift": (DRIFT,),
    "segment": (PROBABILITIES,),
    "correct": (LABELS, LINEAGE),
    "measure": (
        *(place(schema.name) for schema in FOLDER_TABLES for place in (csv_of, parquet_of)),
        KYMOGRAPH_ARRAYS,
    ),
    "export": (LABELS_TIFF, CTC, TRACKMATE, WORKBOOK),
    "report": (FILM, REPORT, README),
}
"""Files that each step writes or removes. Those that somebody edited are renamed first."""


@overload
def run(
    movie: str | Path,
    output: str | Path,
    config: RunConfig | None = None,
    *,
    method: Method | None = None,
    model: ModelName | Sequence[ModelName] | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    labels: str | Path | None = None,
    points: str | Path | None = None,
    tracks: str | Path | None = None,
    labels_are_tracks: bool = False,
    until: Step = "report",
    progress: Progress = silent,
) -> Results: ...


@overload
def run(
    movie: str | Path,
    output: str | Path,
    *,
    method: Method | None = None,
    model: ModelName | Sequence[ModelName] | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    settings: Settings,
    labels: str | Path | None = None,
    points: str | Path | None = None,
    tracks: str | Path | None = None,
    labels_are_tracks: bool = False,
    until: Step = "report",
    progress: Progress = silent,
) -> Results: ...


def run(
    movie: str | Path,
    output: str | Path,
    config: RunConfig | None = None,
    *,
    method: Method | None = None,
    model: ModelName | Sequence[ModelName] | None = None,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
    settings: Settings | None = None,
    labels: str | Path | None = None,
    points: str | Path | None = None,
    tracks: str | Path | None = None,
    labels_are_tracks: bool = False,
    until: Step = "report",
    progress: Progress = silent,
) -> Results:
    """Analyse one movie into the folder `output` and return the results.

    Steps that an earlier run finished with the same movie and settings are skipped if their files exist; an interrupted
    step resumes. The files are byte for byte those of an uninterrupted run.

    Parameters
    ----------
    movie
        A TIFF, OME-Zarr, ND2, CZI or LIF file, or a folder of images.
    output
        The analysis folder; created if necessary.
    config
        Settings. Default: the default settings. :func:`podia.load_config` reads them from a file.
    method
        ``network`` (a trained model), or without training ``egt``, ``phantast`` or ``blobs`` (positions only).
    model
        The trained model: its name or file, or several, whose predictions are averaged. Default: podia-any.
    pixel_size_um, frame_interval_s
        Override the values in the file.
    settings
        Instead of `config`: individual settings with the keys of the command line, such as
        ``{"tracking.divisions": False}``.
    labels
        Masks from another program, of the movie's size, instead of a segmentation by podia.
    points
        A table of positions instead of masks (CSV of ``frame, y, x`` in px): cells are counted and tracked, and
        measures that need outlines are undefined.
    tracks
        Tracks from another program, or corrected tracks, used unchanged: a Cell Tracking Challenge folder or its
        ``res_track.txt``, a TrackMate file, GEFF, or a table with track ids (podia's ``cells.csv``, btrack). Ids and
        divisions are kept. Cells are the masks or outlines in the file, or `labels`; without either, positions.
    labels_are_tracks
        Whether values in `labels` are track ids, without divisions.
    until
        Last step to do: drift, segment, track, correct, measure, export or report.
    progress
        Called as ``progress(step, done, total)`` with frames done.

    Raises
    ------
    InvalidInputError, ConfigurationError
        If arguments have the wrong type or contradict each other, or a setting is unknown.
    MovieReadError, OutputError, MissingDependencyError
        See :func:`podia.pipeline.job.open_job`; each message gives a remedy.

    Examples
    --------
    >>> import podia
    >>> results = podia.run("movie.tif", "results/movie", method="egt")  # doctest: +SKIP
    >>> results.tables.tracks  # doctest: +SKIP
    """
    given_paths = {"movie": movie, "output": output, "labels": labels, "points": points, "tracks": tracks}
    for name, path in given_paths.items():
        _require_path(name, path)
    given = {"pixel_size_um": pixel_size_um, "frame_interval_s": frame_interval_s}
    keywords = {name: value for name, value in given.items() if value is not None}
    keywords |= method_settings(method, model, section="segmentation")
    config = settle_config(RunConfig, config, settings, keywords=keywords)
    source = Source(
        Path(movie),
        None if labels is None else Path(labels),
        None if points is None else Path(points),
        None if tracks is None else Path(tracks),
        labels_are_tracks,
    )
    return run_source(source, Path(output), config, until=until, progress=progress).results


@dataclass(frozen=True)
class Ran:
    """Results of a run, and the steps that it did, without those that were up to date."""

    results: Results
    done: tuple[Step, ...]


def run_source(
    source: Source,
    output: Path,
    config: RunConfig,
    *,
    model: ResolvedModel | None = None,
    until: Step = "report",
    progress: Progress = silent,
    processes: int = 1,
) -> Ran:
    """Analyse one movie; see :func:`run`. `model` is that of `config`, if it is already resolved.

    With several `processes`, frames of a large movie are measured in parallel; the results are the same. They are
    started anew, so a script needs the usual ``if __name__ == "__main__"``.
    """
    if until not in STEPS:
        raise InvalidInputError(f"until is {until!r}. Steps are: {', '.join(STEPS)}.")
    folder = AnalysisFolder(output)
    # The resulting tracks are the corrected ones, so the correct step belongs to 'track'.
    last: Step = "correct" if until == "track" else until
    with locked_folder(folder.work, folder.path):
        job = open_job(source, folder, config, model=model, progress=progress, processes=processes)
        folder.store_settings(job.config.model_dump(mode="json"))
        log_session(folder, "run started")
        steps = STEPS[: STEPS.index(last) + 1]
        _keep_edits(job, steps)
        done = tuple(step for step in steps if _do(job, step))
        _write_record(job)
        warn_of_edits(folder)
        warn_of_waiting_edits(folder)
        log_session(folder, f"run finished ({until})")
    return Ran(Results(folder), done)


def _require_path(name: str, path: object) -> None:
    if path is not None and not isinstance(path, str | Path):
        remedy = " podia.segment, podia.track and podia.measure take movies." if name == "movie" else ""
        raise InvalidInputError(f"{name} is of type {type(path).__name__}. podia.run takes paths.{remedy}")


def _keep_edits(job: Job, steps: Sequence[Step]) -> None:
    """Keep the edits of files that one of `steps` is about to replace, as long as what podia wrote is there."""
    outdated = next((step for step in steps if not job.keys[step].is_on(job.folder)), None)
    if outdated is not None:
        later = STEPS[STEPS.index(outdated) :]
        keep_edits(Results(job.folder), [name for step in later for name in _OUTPUTS_OF.get(step, ())])


def _do(job: Job, step: Step) -> bool:
    """Do a step if it is out of date; return whether it was."""
    key = job.keys[step]
    n_frames = job.movie.n_frames
    if key.is_on(job.folder):
        job.progress(step, n_frames, n_frames)
        return False
    # While a step is repeated, the record would describe results that no longer exist.
    begin_writing(job.folder, (RUN_RECORD, LOG, *_OUTPUTS_OF.get(step, ())))
    job.folder.discard(RUN_RECORD)
    job.folder.discard(LOG)
    key.begin(job.folder)
    done = _STEP_FUNCTIONS[step](job)
    end_writing(job.folder, done.outputs)
    key.finish(job.folder, done)
    job.progress(step, n_frames, n_frames)
    log_session(job.folder, f"{step} done")
    return True


def _write_record(job: Job) -> None:
    record = run_record(job)
    if read_json(job.folder / RUN_RECORD) == record and (job.folder / LOG).is_file():
        return
    begin_writing(job.folder, (RUN_RECORD, LOG))
    with atomic_path(job.folder / LOG) as temporary:
        temporary.write_text(log_text(record, facts_of_run(job)), encoding="utf-8")
    write_json(job.folder / RUN_RECORD, record)
    end_writing(job.folder, (RUN_RECORD, LOG))
