"""The ``podia`` command: one file per verb, errors as one clear line, exit codes 0, 1 and 2."""

from __future__ import annotations

import sys
import warnings

import typer

import podia
from podia.cli import (
    annotate,
    compare,
    demo,
    evaluate,
    export,
    grow,
    info,
    models,
    run,
    settings,
    simulate,
    steps,
    tables,
    train,
)
from podia.data.errors import PodiaError

_INTERRUPTED = 130
"""Exit code that Typer makes of Ctrl-C, as shells do: 128 and the number of the signal."""

app = typer.Typer(
    name="podia",
    help="Segment, track and measure cells in label-free microscopy movies.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"podia {podia.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_print_version, is_eager=True, help="Print the version."
    ),
) -> None:
    """Segment, track and measure cells in label-free microscopy movies."""


app.command("run")(run.run_movies)
app.command("demo")(demo.demo)
app.command("simulate")(simulate.simulate_movie)
app.command("info")(info.show_info)
app.command("tables")(tables.show_tables)
app.command("evaluate")(evaluate.evaluate_results)
app.command("compare")(compare.compare_folders)
app.command("segment")(steps.segment)
app.command("track")(steps.track)
app.command("measure")(steps.measure)
app.command("report")(steps.report)
app.command("annotate")(annotate.annotate_movies)
app.command("train")(train.train_network)
app.add_typer(models.app)
app.command("grow")(grow.grow_masks)
app.command("export")(export.export_model)
app.command("settings")(settings.show_settings)


def _one_line(message: Warning | str, *_: object, **__: object) -> str:
    return f"Note: {message}\n"


def main() -> None:
    """Run the command line; an error that the user can fix is one line, with exit code 2."""
    # A warning about a file concerns the user; the line of code that gave it does not.
    warnings.formatwarning = _one_line
    try:
        app()
    except PodiaError as error:
        typer.echo(f"Error: {error}", err=True)
        sys.exit(2)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            typer.echo("Cancelled. Run the same command again to resume.", err=True)
        raise
