"""``podia models``: trained models and network architectures, with their costs."""

from __future__ import annotations

import json as json_format
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from podia.cli import options

if TYPE_CHECKING:
    from podia.networks.models.network import Network

app = typer.Typer(
    name="models",
    help="Trained models, and architectures to train.",
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
            "--costs", help="Add parameters and multiply-adds of the architectures (takes seconds)."
        ),
    ] = False,
    json: options.Json = False,
) -> None:
    """List the trained models that come with podia, and the architectures that you can train."""
    from podia.cli.listing import print_names
    from podia.networks.card import shipped_models
    from podia.networks.models.registry import architecture_names, find_architecture

    entries = {name: find_architecture(name) for name in architecture_names()}
    architectures: list[dict[str, Any]] = [
        {"name": name, "summary": entry.summary, "source": entry.source} | (_costs(name) if costs else {})
        for name, entry in entries.items()
        if all_ or not entry.published
    ]
    trained = [_trained(name, path) for name, path in shipped_models().items()]
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
    from podia.networks.models.registry import architecture_names, build_network

    if name in architecture_names():
        facts = {"name": name, "architecture": name, **_facts(build_network(name))}
    else:
        facts = _facts_of_file(name)
    typer.echo(json_format.dumps(facts, indent=2) if json else _in_words(facts))


def _costs(name: str) -> dict[str, int]:
    """Return parameters and multiply-adds under the names that ``show`` has for them; nothing where they vary."""
    from podia.networks.models.cost import costs_of_architecture

    found = costs_of_architecture(name)
    if found is None:
        return {}
    parameters, arithmetic = found
    return {"parameters": parameters.fine_tuning, "multiply_adds_per_megapixel": arithmetic.total}


def _costs_in_words(row: dict[str, Any]) -> str:
    if "parameters" not in row:
        return ""
    return (
        f" [{row['parameters'] / 1e6:.1f} million parameters, "
        f"{row['multiply_adds_per_megapixel'] / 1e9:.1f} billion multiply-adds per megapixel]"
    )


def _trained(name: str, path: Path) -> dict[str, str]:
    from podia.networks.card import read_card

    card = read_card(path)
    licences = "; ".join(sorted({data.licence for data in card.data}))
    return {
        "name": name,
        "architecture": card.architecture,
        "summary": f"{card.architecture}, trained on {', '.join(data.name for data in card.data)} ({licences}).",
        "licence": card.licence,
    }


def _facts(network: Network) -> dict[str, Any]:
    from dataclasses import asdict

    from podia.networks.models.cost import count_multiply_adds, count_parameters, measure_receptive_field

    config = network.config
    fixed: dict[str, Any] = {}
    if config.head.per_pixel:
        seen = measure_receptive_field(network)
        cost = count_multiply_adds(network)
        fixed = {
            "receptive_field_px": "the whole frame: cannot be cut into tiles"
            if seen is None
            else seen.side_px,
            "halo_px": None if seen is None else seen.halo_px,
            "multiply_adds_per_megapixel": cost.total,
            "multiply_adds_per_megapixel_of_part": asdict(cost),
        }
    tips = ["protrusion tip"] if config.tips else []
    return {
        "inputs": {
            "channels": 1,
            "scaling": "0.1 and 99.1 percentile of the movie to -1 and 1",
            "size_multiple_of_px": network.stride,
            "frames": network.window or "one at a time, with a state" if network.recurrent else 1,
            "frames_ahead": network.lookahead,
        },
        "outputs": {"head": config.head.name, "channels": [*config.head.channels, *tips]},
        **fixed,
        "parameters": asdict(count_parameters(network)),
        "settings": config.model_dump(mode="json"),
    }


def _facts_of_file(path_or_name: str) -> dict[str, Any]:
    from podia.data.errors import InvalidInputError, nearest_name_hint
    from podia.files.checksum import file_sha256
    from podia.networks.card import find_model, shipped_models
    from podia.networks.model_file import load_model
    from podia.networks.models.registry import architecture_names

    known = [*shipped_models(), *architecture_names()]
    if path_or_name not in known and not Path(path_or_name).is_file():
        raise InvalidInputError(
            f"There is no model or architecture '{path_or_name}'.{nearest_name_hint(path_or_name, known)} "
            f"Give a model file, or one of: {', '.join(known)}."
        )
    path = find_model(path_or_name)
    network, card = load_model(path)
    return {
        "name": card.name,
        "architecture": card.architecture,
        "file": str(path),
        "sha256": file_sha256(path),
        **_facts(network),
        "card": card.model_dump(mode="json"),
    }


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
