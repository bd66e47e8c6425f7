"""``podia segment | track | measure | report``: one step of an analysis folder, updated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podia.cli import options

if TYPE_CHECKING:
    from podia.io.step_marks import Step

Folder = Annotated[Path, typer.Argument(help="Analysis folder, written by podia run.")]


def segment(
    folder: Folder,
    model: options.Models = None,
    cell_diameter: options.CellDiameter = None,
    set_: options.Settings = None,
    quiet: options.Quiet = False,
) -> None:
    """Update the segmentation of an analysis folder after a change of settings or model."""
    settings = [*options.segmentation_settings(None, model, cell_diameter), *(set_ or [])]
    _bring_up_to_date(folder, "segment", settings, quiet)


def track(folder: Folder, set_: options.Settings = None, quiet: options.Quiet = False) -> None:
    """Update the tracks of an analysis folder after a change of settings."""
    _bring_up_to_date(folder, "track", set_, quiet)


def measure(folder: Folder, set_: options.Settings = None, quiet: options.Quiet = False) -> None:
    """Update the measurements of an analysis folder after a change of settings."""
    _bring_up_to_date(folder, "measure", set_, quiet)


def report(folder: Folder, set_: options.Settings = None, quiet: options.Quiet = False) -> None:
    """Update the report of an analysis folder after any change."""
    _bring_up_to_date(folder, "report", set_, quiet)


def _bring_up_to_date(folder: Path, step: Step, settings: list[str] | None, quiet: bool) -> None:
    from podia.cli.many import print_summary
    from podia.cli.progress import progress_bars
    from podia.io.step_marks import STEPS
    from podia.io.written_files import edited_files
    from podia.pipeline.again import run_again

    with progress_bars(quiet=quiet) as bars:
        ran = run_again(folder, settings or [], until=step, progress=bars.of_movie(""))
    if ran.done:
        typer.echo(f"Updated: {', '.join(ran.done)}")
    elif edited_files(ran.results.folder):
        typer.echo(
            "Nothing was done. Edits in the folder are not imported yet. Import them with: podia apply "
            f"{folder}"
        )
    else:
        typer.echo(f"Nothing to do: '{step}' and the steps before it are up to date in {folder}")
    made_by = ran.results.segmentation.made_by
    typer.echo(f"{made_by[0].upper()}{made_by[1:]}")
    outdated = [later for later in STEPS if ran.results.facts(later) is None]
    if outdated:
        typer.echo(f"Not up to date: {', '.join(outdated)}. Run 'podia report {folder}' to update them.")
    if step == "report":
        print_summary(ran.results)
