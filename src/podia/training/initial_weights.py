"""Initial weights: random, of a pretrained encoder, or of a trained model."""

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
"""Sources that are neither models nor files."""


def set_initial_weights(network: Network, source: str) -> str:
    """Load what `source` names into `network` in place; return a sentence on what was done.

    `source` is ``none``, ``imagenet`` (the encoder alone), a shipped model's name, a model file, or a file of an
    encoder's weights (safetensors without a model card, or a state dictionary: ``.pth``). Of a model, every tensor is
    taken whose name and shape fit: another head, or recurrence added, starts from random weights there, but for the
    channels that both heads have (the cells of ``distance`` and of ``cells_and_spots``). Of an encoder's weights, all
    must fit. For Mask R-CNN there is ``coco`` too, and files may hold torchvision's whole one.

    Raises
    ------
    InvalidInputError, ConfigurationError
        If there is no such model or file, ImageNet's weights are not at hand, or nothing of it fits.
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
    """Return the recipe with the encoder's initial weights from `source` (``--encoder-weights``); None changes nothing.

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
    """Refuse a `source` of encoder weights that does not exist.

    Raises
    ------
    InvalidInputError
        If `source` is neither ``imagenet`` nor ``none`` nor a file.
    """
    if source not in ("imagenet", "none") and not Path(source).is_file():
        raise InvalidInputError(
            f"There is no file of encoder weights '{source}'."
            f"{nearest_name_hint(source, ('imagenet', 'none'))} Give imagenet, none, or a file (safetensors, or a "
            "state dictionary: .pth)."
        )


def _is_model(source: str) -> bool:
    """Return whether `source` is no word and no file of tensors alone: a model's name or file, or what is neither."""
    path = Path(source)
    if source in (*_WORDS, *shipped_models()) or not path.is_file():
        return source not in _WORDS
    return path.suffix not in (".pth", ".pt") and holds_card(path)


def _of_mask_rcnn(network: MaskRcnn, source: str) -> str:
    if source == "none":
        if network.config.norm == "frozen":
            raise ConfigurationError(
                "Mask R-CNN with the normalisation of its initial weights (network.norm = frozen) has none to start "
                "from. Set initial_weights to coco or a file, or network.norm to group or batch."
            )
        return "All weights are random."
    if source == "imagenet":
        raise ConfigurationError(
            "ImageNet's weights of Mask R-CNN's ResNet are not downloaded. Give torchvision's file of them as "
            "initial_weights, or take coco."
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
    given, card = load_model(source)
    own = network.state_dict()
    fitting = {
        name: tensor
        for name, tensor in given.state_dict().items()
        if name in own and own[name].shape == tensor.shape
    }
    shared = _channels_of_both(network, given)
    fitting |= shared
    if not fitting:
        raise ConfigurationError(
            f"No weight of '{source}' ({card.architecture}) fits this network. Set initial_weights to none, or to a "
            f"model of the same architecture."
        )
    network.load_state_dict({**own, **fitting})
    part = f", {len(shared)} of them in part," if shared else ""
    return f"{len(fitting)} of {len(own)} tensors{part} start from '{card.name}', the others are random."


def _channels_of_both(network: Network, given: Network) -> dict[str, Tensor]:
    """Return the last layers' tensors of `network` with the weights of channels that `given`, of another head, has too.

    Outputs are in order of channels, equally many for each.
    """
    own_names, its_names = (_channels(one) for one in (network, given))
    both = [name for name in own_names if name in its_names]
    if own_names == its_names or not both:
        return {}
    its, changed = given.state_dict(), {}
    for name, own in network.state_dict().items():
        other = its.get(name)
        if other is None or own.shape == other.shape or own.shape[1:] != other.shape[1:]:
            continue
        each = len(own) // len(own_names)
        if len(own) != each * len(own_names) or len(other) != each * len(its_names):
            continue
        changed[name] = own.clone()
        for channel in both:
            to, start = own_names.index(channel) * each, its_names.index(channel) * each
            changed[name][to : to + each] = other[start : start + each]
    return changed


def _channels(network: Network) -> list[str]:
    """Return the channels of the logits that mean the same in other heads."""
    head, tips = network.config.head, network.config.tips
    names = head.channels if head.common_channels else [f"{head.name} {name}" for name in head.channels]
    return [*names, *(["tips"] if tips else [])]
