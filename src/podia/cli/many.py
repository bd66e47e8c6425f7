"""Tasks run here or on a cluster, and the summary at their end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from podia.pipeline.outcome import Outcome, Task
    from podia.pipeline.plate import PlateTasks
    from podia.results.results import Results


def run_tasks(tasks: Sequence[Task], *, workers: int, scheduler: str | None, quiet: bool) -> list[Outcome]:
    """Run each movie, in order here or side by side on Dask, with progress bars unless `quiet`."""
    from podia.cli.progress import progress_bars
    from podia.pipeline.frame_processes import available_cores
    from podia.pipeline.outcome import attempt

    with progress_bars(quiet=quiet) as bars:
        if scheduler is None and (workers == 1 or len(tasks) == 1):
            return [attempt(task, bars.of_movie(task.folder.name), available_cores()) for task in tasks]
        from podia.distributed.run_many import run_many

        return run_many(tasks, workers=workers, scheduler=scheduler, progress=bars.of_movie(""))


def finish(
    outcomes: Sequence[Outcome], output: Path, *, as_json: bool, plate: PlateTasks | None = None
) -> None:
    """Write the summary over several movies, print what was found and where, exit with 1 if a movie failed."""
    failed = [outcome for outcome in outcomes if outcome.error]
    problem = _write_summary(outcomes, output, plate) if len(outcomes) > 1 or plate is not None else ""
    if as_json:
        typer.echo(json.dumps([_as_dict(outcome) for outcome in outcomes], indent=2))
    else:
        _print_results(outcomes, output)
        if plate is not None:
            typer.echo(f"Compare conditions with: podia compare {output} -o comparison")
    for outcome in failed:
        typer.echo(f"Failed: {outcome.name}: {outcome.error}", err=True)
    if problem:
        typer.echo(f"The summary could not be written: {problem}", err=True)
    if failed or problem:
        raise typer.Exit(1)


def _write_summary(outcomes: Sequence[Outcome], output: Path, plate: PlateTasks | None) -> str:
    """Write the summary and return an empty text, or why it could not be written."""
    from podia.data.errors import PodiaError
    from podia.io.tables import write_table
    from podia.pipeline.outcome import summary_table
    from podia.pipeline.plate import write_plate_table
    from podia.reporting.plate import PlateWell
    from podia.reporting.summary import summarise

    table = summary_table(outcomes)
    try:
        output.mkdir(parents=True, exist_ok=True)
        write_table(table, output / "summary")
        wells = {}
        if plate is not None:
            write_plate_table(plate, output, [outcome.folder for outcome in outcomes if outcome.error])
            wells = {
                task.folder.name: PlateWell(well.name, well.condition, well.replicate)
                for task, well in zip(plate.tasks, plate.wells, strict=True)
            }
        summarise(table, output / "summary.html", wells)
    except (PodiaError, OSError) as error:
        return str(error)
    return ""


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    from podia.pipeline.run_summary import RunSummary

    values: dict[str, Any] = {"movie": outcome.name, "folder": str(outcome.folder)}
    if outcome.error:
        return values | {"status": "failed", "error": outcome.error, "segmentation": {}}
    results = outcome.results
    summary = RunSummary.of(results)
    segmentation = results.segmentation.model_dump(mode="json")
    return values | {"status": summary.status, "error": "", "segmentation": segmentation} | summary.as_dict()


def _print_results(outcomes: Sequence[Outcome], output: Path) -> None:
    from podia.io.layout import REPORT

    done = [outcome for outcome in outcomes if not outcome.error]
    for outcome in done:
        if len(outcomes) == 1:
            print_summary(outcome.results)
        else:
            _print_short(outcome)
        typer.echo(f"Report: {outcome.folder / REPORT}")
    if len(outcomes) > 1:
        typer.echo(f"Summary of {len(outcomes)} movies: {output / 'summary.html'}")


def print_summary(results: Results) -> None:
    """Print what a run found in five lines, and above them what is wrong or should be checked."""
    from podia.pipeline.run_summary import RunSummary

    summary = RunSummary.of(results)
    for finding in summary.findings("problem"):
        typer.secho(finding, fg="red", err=True)
    for finding in summary.findings("check"):
        typer.echo(finding, err=True)
    for line in summary.lines():
        typer.echo(line)


def _print_short(outcome: Outcome) -> None:
    from podia.pipeline.run_summary import RunSummary

    summary = RunSummary.of(outcome.results)
    for finding in summary.findings("problem"):
        typer.secho(f"{outcome.name}: {finding}", fg="red", err=True)
    typer.echo(
        f"{outcome.name}: {summary.n_cells} cells, {summary.n_tracks} tracks, {summary.n_divisions} divisions; "
        f"pixel size {summary.pixel_size}; warnings: {summary.counted_warnings}"
    )
