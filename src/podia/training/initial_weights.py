"""Where a training starts: random weights, ImageNet's encoder, or a model that is there already."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import torch
from torch import Tensor

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.segmentation.models.mobilenet_v2 import MobileNetV2Encoder, load_encoder_weights
from podia.segmentation.models.network import Network
from podia.segmentation.models.weights import load_model

_IMAGENET_FILE = "mobilenetv2_035_imagenet.safetensors"


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


def imagenet_weights() -> Path:
    """Return the file of ImageNet's MobileNetV2, width 0.35, under timm's tensor names.

    It is looked for in ``PODIA_DATA_DIR``/weights, then in ``PODIA_CACHE_DIR``/weights.

    Raises
    ------
    InvalidInputError
        If it is in neither.
    """
    places = [os.environ[name] for name in ("PODIA_DATA_DIR", "PODIA_CACHE_DIR") if os.environ.get(name)]
    for place in places:
        path = Path(place) / "weights" / _IMAGENET_FILE
        if path.is_file():
            return path
    raise InvalidInputError(
        f"ImageNet's weights ({_IMAGENET_FILE}) are not at hand. Put the file into a folder 'weights' and name the "
        f'folder around it in PODIA_DATA_DIR, or start from podia\'s own weights (initial_weights = "podia-phase").'
    )


def tensors_sha256(tensors: dict[str, Tensor]) -> str:
    """Return a checksum over names, shapes and values, whatever file they came in."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        tensor = tensors[name].detach().cpu().contiguous()
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.view(torch.uint8).numpy().tobytes())
    return digest.hexdigest()
