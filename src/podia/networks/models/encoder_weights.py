"""Pretrained encoders and the loading of their public weights, completely or with an error."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from podia.data.errors import ConfigurationError, InvalidInputError

_COUNTER = "num_batches_tracked"
"""Update counter of batch norm: older files lack it, and nothing depends on it."""


class PretrainedEncoder(nn.Module):
    """An encoder with the tensor names of a public weight file."""

    naming: str
    """The file that the names come from, with examples, for error messages."""

    def imagenet_weights(self) -> Path | Mapping[str, Tensor]:
        """Return the file or the tensors of the ImageNet weights; encoders with such weights override this.

        Raises
        ------
        ConfigurationError
            In the base class: no such weights are known.
        InvalidInputError
            If they cannot be downloaded.
        """
        raise ConfigurationError(
            f"There are no known ImageNet weights for {type(self).__name__}. Use a file of its weights "
            "(initial_weights = FILE), or start from random weights (none)."
        )


def load_encoder_weights(encoder: PretrainedEncoder, weights: Path | Mapping[str, Tensor]) -> tuple[str, ...]:
    """Load `weights` (a file, or its tensors) into `encoder`; return the names of unused tensors.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, or a tensor that the encoder needs is missing or has another shape (such as another
        width).
    """
    tensors = read_tensors(weights) if isinstance(weights, Path) else weights
    expected = encoder.state_dict()
    for name, tensor in expected.items():
        if name not in tensors:
            if name.endswith(_COUNTER):
                continue
            raise InvalidInputError(f"The encoder's weights lack '{name}'. podia reads {encoder.naming}.")
        if tensors[name].shape != tensor.shape:
            raise InvalidInputError(
                f"The encoder's weights have {tuple(tensors[name].shape)} for '{name}', the network "
                f"{tuple(tensor.shape)}: the encoder has another width. Set the width of the weights."
            )
    encoder.load_state_dict({name: tensors.get(name, tensor) for name, tensor in expected.items()})
    return tuple(sorted(set(tensors) - set(expected)))


def read_tensors(path: Path) -> dict[str, Tensor]:
    """Read the tensors of a safetensors file, or of a state dictionary saved by torch (``.pth``, ``.pt``).

    From the latter, torch reads only tensors and their containers (``weights_only``): no objects are created and no
    code is run.

    Raises
    ------
    InvalidInputError
        If the file cannot be read or contains something else.
    """
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        tensors = torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        raise InvalidInputError(f"Cannot read the weights {path}: {error.strerror or error}.") from None
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError):
        raise InvalidInputError(
            f"{path} is damaged, or contains objects other than tensors. Use a safetensors file, or a "
            "state dictionary of tensors only (.pth)."
        ) from None
    if not isinstance(tensors, Mapping) or not all(isinstance(value, Tensor) for value in tensors.values()):
        raise InvalidInputError(
            f"{path} is not a state dictionary: it must contain tensors by name, at its top level."
        )
    return dict(tensors)
