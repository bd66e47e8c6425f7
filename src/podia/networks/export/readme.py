"""README of an exported model: training data, scores, and decoding of predictions into cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from podia.networks.card import ModelCard
from podia.networks.export.citations import citations
from podia.networks.outputs.base import DecodeConfig

if TYPE_CHECKING:
    from podia.networks.models.network import Network, NetworkConfig


def output_channels(config: NetworkConfig) -> list[str]:
    """Return the names of the channels of a prediction, in order."""
    return [*config.head.channels, *(["protrusion_tip"] if config.tips else [])]


def readme(card: ModelCard, network: Network) -> str:
    """Return the README in Markdown."""
    head, stride = network.config.head, network.stride
    decoding = card.decode or head.default_decoding()
    channels = ", ".join(f"`{name}`" for name in output_channels(network.config))
    memory = (
        " Its recurrent state, which podia carries between frames, starts empty." if network.recurrent else ""
    )
    return "\n".join(
        [
            f"# {card.name}\n",
            f"A network of the architecture `{card.architecture}`, trained with podia {card.podia} and "
            f"exported by it. It processes one image at a time.{memory}\n",
            *_about(card),
            "## Input and output\n",
            f"One grey image whose sides are multiples of {stride} px (pad it by reflection), "
            f"{_at_scale(card)}. Use the original grey values: the preprocessing in the description "
            "scales the 0.1 and 99.1 percentiles to -1 and 1. podia measures these in the whole movie, "
            "so that images with few cells may differ slightly. Whole images are best; tiles need a wide "
            "overlap (`podia models show` names the halo).\n",
            f"Channels of the output: {channels}. {head.meaning}\n",
            "## From the output to cells\n",
            f"{head.explain_decoding(decoding)} With podia installed, exactly:\n",
            _snippet(network.config, decoding),
            *_data(card),
            "## Validation\n",
            *_scores(card),
            "Evaluate it on your own images: `podia evaluate TRUTH RESULT` computes SEG and other scores "
            "of labels.",
            "",
        ]
    )


def _at_scale(card: ModelCard) -> str:
    if card.pixel_size_um is None:
        return "at the scale of the training images"
    return f"at about {card.pixel_size_um:g} um per pixel, at which it was trained: resample other images"


def _about(card: ModelCard) -> list[str]:
    lines = [f"Licence of the weights: {card.licence or 'not stated'}.\n"]
    return [*lines, f"Known limits: {card.limits}\n"] if card.limits else lines


def _snippet(config: NetworkConfig, decoding: DecodeConfig) -> str:
    head = config.model_dump(mode="json", include={"head"})["head"]
    return (
        "```python\n"
        "from podia.networks.outputs.registry import parse_output\n\n"
        f"head = parse_output({head!r})\n"
        f"settings = head.decode_config.parse({decoding.model_dump(mode='json')})\n"
        "labels = head.decode(output[0], settings)  # output (1, K, Y, X)\n"
        "```\n"
    )


def _data(card: ModelCard) -> list[str]:
    lines = ["## Training data and methods\n"]
    lines += [f"- {data.name} (licence: {data.licence}). {data.citation}".rstrip() for data in card.data]
    lines += [
        f"- {citation.text}" for citation in citations(card) if citation.text.startswith("Architecture")
    ]
    return [*lines, ""]


def _scores(card: ModelCard) -> list[str]:
    if not card.scores:
        return ["No scores are stored with this model.\n"]
    rows = [f"| {name} | {value:.3f} |" for name, value in card.scores.items()]
    return ["| score | value |", "|---|---|", *rows, ""]
