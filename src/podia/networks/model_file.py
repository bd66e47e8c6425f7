"""Model files: a network's weights and its card in one safetensors file."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file, save

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.files.atomic import atomic_path
from podia.networks.card import METADATA_KEY, ModelCard, find_model, read_card
from podia.networks.models.network import Network
from podia.networks.models.registry import build_network
from podia.version import __version__


def save_model(path: Path, network: Network, card: ModelCard) -> None:
    """Write the weights of `network` and `card` to `path`, atomically; the same input gives the same bytes.

    Raises
    ------
    OutputError
        If the disk is full or permission is denied.
    """
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    with atomic_path(path) as temporary:
        # save_file would create a file that only its owner can read.
        temporary.write_bytes(save(tensors, metadata={METADATA_KEY: card.model_dump_json()}))


def load_model(path_or_name: Path | str) -> tuple[Network, ModelCard]:
    """Return the network of a model file or an included model, in evaluation mode, and its card.

    Raises
    ------
    InvalidInputError
        If there is no such model, or its weights do not match the architecture in its card.
    ConfigurationError
        If the card names an architecture or setting that this podia does not know.
    """
    path = find_model(path_or_name)
    card = read_card(path)
    check_weights(path, card)
    network = build_network(card.architecture, card.network)
    network.load_state_dict(load_file(path))
    return network.eval(), card


def check_weights(path: Path, card: ModelCard) -> None:
    """Check by names and shapes, without reading them, that the weights in `path` fit what `card` says of them.

    Raises
    ------
    InvalidInputError
        If the file is cut off, or its weights do not fit the architecture that the card names.
    ConfigurationError
        If the card names an architecture or setting that this podia does not know.
    """
    try:
        with torch.device("meta"):  # no memory, and nothing is drawn
            network = build_network(card.architecture, card.network)
    except ConfigurationError as error:
        raise ConfigurationError(
            f"The model card in {path} does not fit podia {__version__}: {error} "
            "Was it written by a newer podia? Then update podia."
        ) from None
    expected = {name: tuple(tensor.shape) for name, tensor in network.state_dict().items()}
    found = _shapes_in(path)
    for name in sorted(expected.keys() | found.keys()):
        if expected.get(name) != found.get(name):
            raise InvalidInputError(
                f"The weights in {path} do not match the architecture '{card.architecture}' in its card: "
                f"'{name}' is {_in_words(found.get(name))} in the file, and "
                f"{_in_words(expected.get(name))} in the network. Was it written by another version of "
                f"podia (the card says {card.podia})?"
            )


def _shapes_in(path: Path) -> dict[str, tuple[int, ...]]:
    try:
        with safe_open(path, framework="pt") as file:
            return {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except SafetensorError as error:
        raise InvalidInputError(
            f"The model file {path} is damaged or truncated ({error}). Copy or download it again."
        ) from None


def _in_words(shape: tuple[int, ...] | None) -> str:
    return "missing" if shape is None else f"of shape {shape}"
