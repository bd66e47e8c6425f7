"""``podia segment | track | measure | report``: one step of an analysis folder, updated."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from podia.cli import options

if TYPE_CHECKING:
    from podia.pipeline.steps import Step

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
    from podia.cli.progress import progress_bars
    from podia.pipeline.again import run_again
    from podia.pipeline.record import segmented_by

    with progress_bars(quiet=quiet) as bars:
        done = run_again(folder, settings or [], until=step, progress=bars.of_movie(""))
    typer.echo(f"Up to date through '{step}': {folder}")
    words = segmented_by(done)
    typer.echo(f"{words[0].upper()}{words[1:]}")
    if step != "report":
        typer.echo(f"Run 'podia report {folder}' for the remaining steps.")
