"""Descriptions of architectures and trained models, as plain values."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from podia.data.errors import InvalidInputError, nearest_name_hint
from podia.files.checksum import file_sha256
from podia.networks.card import find_model, read_card, shipped_models
from podia.networks.models.registry import architecture_names, build_network, find_architecture

if TYPE_CHECKING:
    from podia.networks.models.network import Network


def list_architectures(*, published: bool, costs: bool) -> list[dict[str, Any]]:
    """Return name, summary and source of each architecture; published systems and costs on request."""
    entries = {name: find_architecture(name) for name in architecture_names()}
    return [
        {"name": name, "summary": entry.summary, "source": entry.source} | (_costs(name) if costs else {})
        for name, entry in entries.items()
        if published or not entry.published
    ]


def list_trained_models() -> list[dict[str, Any]]:
    """Return name, architecture, summary and licence of each included model."""
    return [_trained(name, path) for name, path in shipped_models().items()]


def describe(name: str) -> dict[str, Any]:
    """Return the description of an architecture, or of a trained model given its name or file.

    Raises
    ------
    InvalidInputError
        If there is no such architecture or model; the message suggests the closest name.
    """
    if name in architecture_names():
        return {"name": name, "architecture": name, **describe_network(build_network(name))}
    known = [*shipped_models(), *architecture_names()]
    if name not in known and not Path(name).is_file():
        raise InvalidInputError(
            f"There is no model or architecture '{name}'.{nearest_name_hint(name, known)} Use a model "
            f"file, or one of: {', '.join(known)}."
        )
    from podia.networks.model_file import load_model

    path = find_model(name)
    network, card = load_model(path)
    return {
        "name": card.name,
        "architecture": card.architecture,
        "file": str(path),
        "sha256": file_sha256(path),
        **describe_network(network),
        "card": card.model_dump(mode="json"),
    }


def describe_network(network: Network) -> dict[str, Any]:
    """Return inputs, outputs, receptive field, costs, parameters and settings of a network."""
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


def _costs(name: str) -> dict[str, int]:
    """Return parameters and multiply-adds as in :func:`describe`; empty if they depend on the data."""
    from podia.networks.models.cost import costs_of_architecture

    found = costs_of_architecture(name)
    if found is None:
        return {}
    parameters, arithmetic = found
    return {"parameters": parameters.fine_tuning, "multiply_adds_per_megapixel": arithmetic.total}


def _trained(name: str, path: Path) -> dict[str, str]:
    card = read_card(path)
    licences = "; ".join(sorted({data.licence for data in card.data}))
    return {
        "name": name,
        "architecture": card.architecture,
        "summary": f"{card.architecture}, trained on {', '.join(data.name for data in card.data)} ({licences}).",
        "licence": card.licence,
    }
