"""Where a training starts: random weights, ImageNet's encoder, or a model that is there already."""

from __future__ import annotations

from podia.data.errors import ConfigurationError
from podia.segmentation.models.mobilenet_v2 import MobileNetV2Encoder, load_encoder_weights
from podia.segmentation.models.network import Network
from podia.segmentation.models.weights import load_model
from podia.training.imagenet import imagenet_weights


def set_initial_weights(network: Network, source: str) -> str:
    """Load what `source` names into `network` in place; return a sentence on what was done.

    `source` is ``none``, ``imagenet`` (the encoder alone), a shipped model's name or a model file. Of a model, every
    tensor is taken whose name and shape fit: another head, or recurrence added, starts from random weights there.

    Raises
    ------
    InvalidInputError, ConfigurationError
        If there is no such model, ImageNet's weights are not at hand, or nothing of it fits.
    """
    if source == "none":
        return "All weights are random."
    if source == "imagenet":
        return _from_imagenet(network)
    given, card = load_model(source)
    own = network.state_dict()
    fitting = {
        name: tensor
        for name, tensor in given.state_dict().items()
        if name in own and own[name].shape == tensor.shape
    }
    if not fitting:
        raise ConfigurationError(
            f"No weight of '{source}' ({card.architecture}) fits this network. Set initial_weights to none, or to a "
            f"model of the same architecture."
        )
    network.load_state_dict({**own, **fitting})
    return f"{len(fitting)} of {len(own)} tensors start from '{card.name}', the others are random."


def _from_imagenet(network: Network) -> str:
    encoders = [module for module in network.modules() if isinstance(module, MobileNetV2Encoder)]
    if not encoders:
        raise ConfigurationError(
            f"{type(network).__name__} has no pretrained encoder. Set initial_weights to none."
        )
    path = imagenet_weights()
    load_encoder_weights(encoders[0], path)
    return f"The encoder starts from ImageNet ({path.name}), the rest from random weights."
