"""The ``podia`` command: one file per verb, errors as one clear line, exit codes 0, 1 and 2."""

from __future__ import annotations

import io
import sys

import typer

from podia.cli import (
    annotate,
    compare,
    correct,
    demo,
    evaluate,
    export,
    figures,
    grow,
    info,
    models,
    review,
    run,
    settings,
    simulate,
    steps,
    suspects,
    tables,
    train,
)
from podia.data.errors import PodiaError
from podia.files.console import quiet_libraries
from podia.version import __version__

_INTERRUPTED = 130
"""Exit code that Typer makes of Ctrl-C, as shells do: 128 and the number of the signal."""

app = typer.Typer(
    name="podia",
    help="Segment, track and measure cells in label-free microscopy movies.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"podia {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Segment, track and measure cells in label-free microscopy movies."""


app.command("run", short_help="Analyse movies: segmentation, tracking, tables, report.")(run.run_movies)
app.command("demo", short_help="Analyse a sample movie.")(demo.demo)
app.command("simulate", short_help="Simulate a movie with exact ground truth.")(simulate.simulate_movie)
app.command("info", short_help="Show the properties of a movie or an analysis.")(info.show_info)
app.command("tables", short_help="Explain the tables and their columns.")(tables.show_tables)
app.command("evaluate", short_help="Score results against ground truth.")(evaluate.evaluate_results)
app.command("compare", short_help="Compare conditions between replicates.")(compare.compare_folders)
app.command("figures", short_help="Export the plots of a report for publication.")(figures.make_figures)
app.command("segment", short_help="Update the segmentation of an analysis.")(steps.segment)
app.command("track", short_help="Update the tracks of an analysis.")(steps.track)
app.command("measure", short_help="Update the measurements of an analysis.")(steps.measure)
app.command("report", short_help="Update the report of an analysis.")(steps.report)
app.command("suspects", short_help="List cells and links that are probably wrong.")(suspects.show_suspects)
app.command("review", short_help="Inspect and correct an analysis.")(review.review)
app.command("correct", short_help="Correct cells, links and divisions of an analysis.")(correct.correct)
app.command("apply", short_help="Import masks and tracks edited in other programs.")(correct.apply)
app.command("annotate", short_help="Select the most informative frames to annotate.")(
    annotate.annotate_movies
)
app.command("train", short_help="Train a network on annotated movies.")(train.train_network)
app.add_typer(models.app)
app.command("grow", short_help="Turn clicked positions into masks.")(grow.grow_masks)
app.command("export", short_help="Write a model as ONNX or for bioimage.io.")(export.export_model)
app.command("settings", short_help="Print the settings as TOML.")(settings.show_settings)


def _speak_any_console() -> None:
    """Let a console or pipe that cannot show a letter show its number instead of ending the run."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def main() -> None:
    """Run the command line; an error that the user can fix is one line, with exit code 2."""
    quiet_libraries()
    _speak_any_console()
    try:
        app()
    except PodiaError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            typer.echo("Cancelled. Run the same command again to resume.", err=True)
        raise
