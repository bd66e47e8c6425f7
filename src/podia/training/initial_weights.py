"""Initial weights: random, from a pretrained encoder, or from a trained model."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from podia.data.errors import ConfigurationError, InvalidInputError, nearest_name_hint
from podia.networks.card import holds_card, shipped_models
from podia.networks.model_file import load_model
from podia.networks.models.encoder_weights import PretrainedEncoder, load_encoder_weights, read_tensors
from podia.networks.models.network import Network
from podia.networks.models.published.mask_rcnn import MaskRcnn
from podia.networks.pretrained.coco import coco_weights
from podia.training.recipe import Recipe

_WORDS = ("none", "imagenet", "coco")
"""Keywords for sources that are neither models nor files."""


def set_initial_weights(network: Network, source: str) -> str:
    """Load initial weights from `source` into `network`, in place; return a sentence that describes them.

    `source` is ``none``, ``imagenet`` (encoder only), the name of an included model, a model file, or a file of encoder
    weights (safetensors without a model card, or a state dictionary: ``.pth``). From a model, all tensors with matching
    name and shape are used: another head, or added recurrence, starts from random weights, except for the channels that
    both heads share (such as the cells of ``distance`` and of ``cells_and_spots``). Encoder weights must match
    completely. Mask R-CNN also accepts ``coco``, and files of torchvision's complete Mask R-CNN.

    Raises
    ------
    InvalidInputError, ConfigurationError
        If there is no such model or file, the ImageNet weights are not available, or no tensor matches.
    """
    if isinstance(network, MaskRcnn) and not _is_model(source):
        return _of_mask_rcnn(network, source)
    if source == "none":
        return "All weights are random."
    if source == "imagenet":
        encoder = _encoder_of(network)
        weights = encoder.imagenet_weights()
        load_encoder_weights(encoder, weights)
        which = f" ({weights.name})" if isinstance(weights, Path) else ""
        return f"The encoder starts from ImageNet{which}, the rest from random weights."
    if not _is_model(source):
        load_encoder_weights(_encoder_of(network), Path(source))
        return f"The encoder starts from {Path(source).name}, the rest from random weights."
    return _from_model(network, source)


def with_encoder_weights(recipe: Recipe, source: str | None) -> Recipe:
    """Return the recipe with encoder weights from `source` (``--encoder-weights``); unchanged for None.

    Raises
    ------
    InvalidInputError
        As :func:`require_encoder_weights`.
    """
    if source is None:
        return recipe
    require_encoder_weights(source)
    return recipe.model_copy(update={"initial_weights": source})


def require_encoder_weights(source: str) -> None:
    """Raise an error if a `source` of encoder weights does not exist.

    Raises
    ------
    InvalidInputError
        If `source` is not ``imagenet``, ``none`` or a file.
    """
    if source not in ("imagenet", "none") and not Path(source).is_file():
        raise InvalidInputError(
            f"There is no file of encoder weights '{source}'."
            f"{nearest_name_hint(source, ('imagenet', 'none'))} Give imagenet, none, or a file (safetensors, or a "
            "state dictionary: .pth)."
        )


def _is_model(source: str) -> bool:
    """Return whether `source` is neither a keyword nor a file of bare tensors, and so should be a model."""
    path = Path(source)
    if source in (*_WORDS, *shipped_models()) or not path.is_file():
        return source not in _WORDS
    return path.suffix not in (".pth", ".pt") and holds_card(path)


def _of_mask_rcnn(network: MaskRcnn, source: str) -> str:
    if source == "none":
        if network.config.norm == "frozen":
            raise ConfigurationError(
                "Mask R-CNN with the normalisation of its initial weights (network.norm = frozen) "
                "requires initial weights. Set initial_weights to coco or a file, or network.norm to "
                "group or batch."
            )
        return "All weights are random."
    if source == "imagenet":
        raise ConfigurationError(
            "The ImageNet weights of the ResNet in Mask R-CNN are not downloaded automatically. Set "
            "initial_weights to torchvision's file, or to coco."
        )
    path = coco_weights() if source == "coco" else Path(source)
    return (
        f"{network.load_published(read_tensors(path))} start from {path.name}, the rest from random weights."
    )


def _encoder_of(network: Network) -> PretrainedEncoder:
    for module in network.modules():
        if isinstance(module, PretrainedEncoder):
            return module
    raise ConfigurationError(
        f"{type(network).__name__} has no pretrained encoder. Set initial_weights to none."
    )


def _from_model(network: Network, source: str) -> str:
    source_network, card = load_model(source)
    own = network.state_dict()
    fitting = {
        name: tensor
        for name, tensor in source_network.state_dict().items()
        if name in own and own[name].shape == tensor.shape
    }
    shared = _channels_of_both(network, source_network)
    fitting |= shared
    if not fitting:
        raise ConfigurationError(
            f"No weight of '{source}' ({card.architecture}) fits this network. Set initial_weights to none, or to a "
            f"model of the same architecture."
        )
    network.load_state_dict({**own, **fitting})
    part = f", {len(shared)} of them in part," if shared else ""
    return f"{len(fitting)} of {len(own)} tensors{part} start from '{card.name}', the others are random."


def _channels_of_both(network: Network, other: Network) -> dict[str, Tensor]:
    """Return the last layers of `network` with the weights of the channels it shares with `other`, of another head.

    Outputs are ordered by channel, with the same number for each.
    """
    own_names, other_names = (_channels(one) for one in (network, other))
    both = [name for name in own_names if name in other_names]
    if own_names == other_names or not both:
        return {}
    other_tensors, changed = other.state_dict(), {}
    for name, own in network.state_dict().items():
        source = other_tensors.get(name)
        if source is None or own.shape == source.shape or own.shape[1:] != source.shape[1:]:
            continue
        n_outputs = len(own) // len(own_names)
        if len(own) != n_outputs * len(own_names) or len(source) != n_outputs * len(other_names):
            continue
        changed[name] = own.clone()
        for channel in both:
            to, start = own_names.index(channel) * n_outputs, other_names.index(channel) * n_outputs
            changed[name][to : to + n_outputs] = source[start : start + n_outputs]
    return changed


def _channels(network: Network) -> list[str]:
    """Return the channels of the logits that have the same meaning in other heads."""
    head, tips = network.config.head, network.config.tips
    names = head.channels if head.common_channels else [f"{head.name} {name}" for name in head.channels]
    return [*names, *(["tips"] if tips else [])]
