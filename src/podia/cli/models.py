"""``podia models``: trained models and network architectures, with their costs."""

from __future__ import annotations

import json as json_format
from typing import Annotated, Any

import typer

from podia.cli import options

app = typer.Typer(
    name="models",
    help="Show trained models, and architectures to train.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
)


@app.command("list")
def list_models(
    all_: Annotated[
        bool, typer.Option("--all", help="Include the architectures of published systems.")
    ] = False,
    costs: Annotated[
        bool,
        typer.Option(
            "--costs", help="Add parameters and multiply-adds of the architectures (takes some seconds)."
        ),
    ] = False,
    json: options.Json = False,
) -> None:
    """List the trained models that come with podia, and the architectures that you can train."""
    from podia.cli.listing import print_names
    from podia.networks.description import list_architectures, list_trained_models

    architectures = list_architectures(published=all_, costs=costs)
    trained = list_trained_models()
    if json:
        typer.echo(json_format.dumps({"trained": trained, "architectures": architectures}, indent=2))
        return
    for title, rows in (("Trained models", trained), ("Architectures", architectures)):
        typer.echo(f"{title}:")
        print_names([(row["name"], f"{row['summary']}{_costs_in_words(row)}") for row in rows])
        if not rows:
            typer.echo("  none")
    if not all_:
        typer.echo("More with --all: the architectures of published systems.")


@app.command("show")
def show_model(
    name: Annotated[
        str, typer.Argument(help="Name of an architecture or of a trained model, or a model file.")
    ],
    json: options.Json = False,
) -> None:
    """Show inputs, outputs, receptive field, costs and parameters, and the card of a trained model."""
    from podia.networks.description import describe

    facts = describe(name)
    typer.echo(json_format.dumps(facts, indent=2) if json else _in_words(facts))


def _costs_in_words(row: dict[str, Any]) -> str:
    if "parameters" not in row:
        return ""
    return (
        f" [{row['parameters'] / 1e6:.1f} million parameters, "
        f"{row['multiply_adds_per_megapixel'] / 1e9:.1f} billion multiply-adds per megapixel]"
    )


def _in_words(facts: dict[str, Any], indent: str = "") -> str:
    lines: list[str] = []
    for name, value in facts.items():
        title = f"{indent}{name.replace('_', ' ')}"
        if isinstance(value, dict) and value:
            lines += [title, _in_words(value, indent + "  ")]
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            lines += [title, *(_in_words(item, indent + "  ") for item in value)]
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list) else value
            shown = f"{shown:,}" if isinstance(shown, int) and not isinstance(shown, bool) else shown
            lines.append(f"{title:42} {'' if shown in (None, '', {}) else shown}".rstrip())
    return "\n".join(lines)
