"""Model files: a network's weights and its card in one safetensors file."""

from __future__ import annotations

from pathlib import Path

from safetensors.torch import load_file, save_file

from podia.data.errors import InvalidInputError
from podia.segmentation.model_card import METADATA_KEY, ModelCard, find_model, read_card
from podia.segmentation.models.network import Network
from podia.segmentation.models.registry import build_network


def save_model(path: Path, network: Network, card: ModelCard) -> None:
    """Write the weights of `network` and `card` to `path`, whole or not at all; the same ones give the same bytes."""
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in network.state_dict().items()}
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    save_file(tensors, partial, metadata={METADATA_KEY: card.model_dump_json()})
    partial.replace(path)


def load_model(path_or_name: Path | str) -> tuple[Network, ModelCard]:
    """Return the network of a model file, or of a model that comes with podia, ready for inference; and its card.

    Raises
    ------
    InvalidInputError
        If there is no such model, or its weights do not fit the architecture that its card names.
    ConfigurationError
        If the card names an architecture or setting that this podia does not know.
    """
    path = find_model(path_or_name)
    card = read_card(path)
    network = build_network(card.architecture, card.network)
    try:
        network.load_state_dict(load_file(path))
    except RuntimeError as error:
        first = str(error).strip().splitlines()[-1].strip()
        raise InvalidInputError(
            f"The weights in {path} do not fit the architecture '{card.architecture}' that its card names: {first}"
        ) from None
    return network.eval(), card
