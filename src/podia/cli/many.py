"""Movies analysed here or on a cluster, and the messages at the end."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from podia.pipeline.outcome import Outcome, Task


def run_tasks(tasks: Sequence[Task], *, workers: int, scheduler: str | None, quiet: bool) -> list[Outcome]:
    """Run each movie, in order here or side by side on Dask, with progress bars unless `quiet`."""
    from podia.cli.progress import progress_bars
    from podia.pipeline.outcome import attempt

    with progress_bars(quiet=quiet) as bars:
        if scheduler is None and (workers == 1 or len(tasks) == 1):
            return [attempt(task, bars.of_movie(task.folder.name)) for task in tasks]
        from podia.distributed.run_many import run_many

        return run_many(tasks, workers=workers, scheduler=scheduler, progress=bars.of_movie(""))


def finish(outcomes: Sequence[Outcome], output: Path, *, as_json: bool) -> None:
    """Write the summary over several movies, report where results are, and exit with 1 if a movie failed."""
    failed = [outcome for outcome in outcomes if outcome.error]
    if len(outcomes) > 1:
        _write_summary(outcomes, output)
    if as_json:
        typer.echo(json.dumps([_as_dict(outcome) for outcome in outcomes], indent=2))
    else:
        _tell(outcomes, output)
    for outcome in failed:
        typer.echo(f"Failed: {outcome.name}: {outcome.error}", err=True)
    if failed:
        raise typer.Exit(1)


def _write_summary(outcomes: Sequence[Outcome], output: Path) -> None:
    from podia.io.tables import write_table
    from podia.pipeline.outcome import summary_table
    from podia.reporting.summary import summarise

    table = summary_table(outcomes)
    output.mkdir(parents=True, exist_ok=True)
    write_table(table, output / "summary")
    summarise(table, output / "summary.html")


def _as_dict(outcome: Outcome) -> dict[str, Any]:
    from podia.io.analysis_folder import AnalysisFolder
    from podia.pipeline.steps import facts_of

    status = "failed" if outcome.error else "done"
    facts = {} if outcome.error else facts_of(AnalysisFolder(outcome.folder), "segment")
    return {
        "movie": outcome.name,
        "folder": str(outcome.folder),
        "status": status,
        "error": outcome.error,
        "segmentation": facts,
    }


def _tell(outcomes: Sequence[Outcome], output: Path) -> None:
    from podia.io.analysis_folder import AnalysisFolder
    from podia.io.layout import REPORT
    from podia.pipeline.record import segmented_by, trust_warning

    for outcome in outcomes:
        if not outcome.error:
            typer.echo(f"Report: {outcome.folder / REPORT}")
            typer.echo(f"  {segmented_by(AnalysisFolder(outcome.folder))}")
            warning = trust_warning(AnalysisFolder(outcome.folder))
            if warning:
                typer.secho(f"  {warning}", fg="red", err=True)
    if len(outcomes) > 1:
        typer.echo(f"Summary of {len(outcomes)} movies: {output / 'summary.html'}")
