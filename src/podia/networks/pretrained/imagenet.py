"""ImageNet weights of the MobileNetV2 encoder, found locally or downloaded from Keras, checked and converted."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from podia.data.errors import InvalidInputError, MissingDependencyError
from podia.files.atomic import atomic_path

if TYPE_CHECKING:
    import h5py

FILE_NAME = "mobilenetv2_035_imagenet.safetensors"
"""Weights of width 0.35, without the classifier, with timm's tensor names."""
KERAS_ADDRESS = (
    "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224_no_top.h5"
)
TENSORS_SHA256 = "595745404f6c1bb9710bd25e1badf4e6c7ac8bd3490189f3c8312424ef29a19f"
"""Checksum over names, shapes and values, so that it does not depend on the file format."""
_BLOCKS_OF_STAGES = (1, 2, 3, 4, 3, 3, 1)


def imagenet_weights() -> Path:
    """Return the file of the ImageNet weights of MobileNetV2, width 0.35.

    The file is searched in ``PODIA_DATA_DIR``/weights and in the cache (``PODIA_CACHE_DIR`` changes its location),
    otherwise downloaded from Keras (8 MB) into the cache. Its tensors are checked.

    Raises
    ------
    InvalidInputError
        If the download fails, or the values are not those expected. Training never falls back to random weights.
    MissingDependencyError
        If the download needs h5py, which is not installed.
    """
    given = local_weights(FILE_NAME)
    if given is not None:
        return given
    cache = weights_cache()
    path = cache / FILE_NAME
    if not path.is_file():
        tensors = from_keras(_download(cache))
        with atomic_path(path) as temporary:
            save_file(tensors, temporary)
    _require_known(load_file(path), path)
    return path


def local_weights(file_name: str) -> Path | None:
    """Return the file of this name in ``PODIA_DATA_DIR``/weights, if it exists."""
    folder = os.environ.get("PODIA_DATA_DIR")
    path = Path(folder) / "weights" / file_name if folder else None
    return path if path is not None and path.is_file() else None


def weights_cache() -> Path:
    """Return the folder of downloaded weights; ``PODIA_CACHE_DIR`` changes its location."""
    import pooch

    return Path(os.environ.get("PODIA_CACHE_DIR") or pooch.os_cache("podia")) / "weights"


def _download(cache: Path) -> Path:
    import pooch

    try:
        # The checksum of the tensors is verified, because files with the same weights may differ.
        downloaded = pooch.retrieve(KERAS_ADDRESS, known_hash=None, path=cache, progressbar=False)
    except Exception as error:  # no network, a full disk: each raises another exception
        raise InvalidInputError(
            f"The ImageNet weights cannot be downloaded from {KERAS_ADDRESS} ({type(error).__name__}). "
            f"Put {FILE_NAME} into {cache}, or start from podia's own weights, which need no download "
            '(initial_weights = "podia-phase").'
        ) from error
    return Path(downloaded)


def _require_known(tensors: Mapping[str, Tensor], path: Path) -> None:
    found = tensors_sha256(tensors)
    if found != TENSORS_SHA256:
        path.unlink()
        raise InvalidInputError(
            f"The weights downloaded from {KERAS_ADDRESS} have an unexpected checksum (sha256 of the "
            f"tensors {found[:12]}..., expected {TENSORS_SHA256[:12]}...). They were removed. Start from "
            'podia\'s own weights instead (initial_weights = "podia-phase").'
        )


def from_keras(path: Path) -> dict[str, Tensor]:
    """Convert Keras' MobileNetV2 file: return its tensors with timm's names and torch's kernel layout."""
    try:
        import h5py
    except ImportError:
        raise MissingDependencyError(
            'The Keras weights are an HDF5 file, which requires h5py: pip install "podia[train]".'
        ) from None
    with h5py.File(path, "r") as file:
        return {
            name: tensor
            for layer, target in layer_names().items()
            for name, tensor in _layer(file[layer][layer], target).items()
        }


def layer_names() -> dict[str, str]:
    """Return the names of Keras' layers, each with timm's name."""
    names = {"Conv1": "conv_stem", "bn_Conv1": "bn1", "Conv_1": "conv_head", "Conv_1_bn": "bn2"}
    number = 0
    for stage, n_blocks in enumerate(_BLOCKS_OF_STAGES):
        for position in range(n_blocks):
            here = f"blocks.{stage}.{position}"
            if number == 0:  # the first block has no expansion, so timm's numbers start one lower
                parts = {
                    "depthwise": "conv_dw",
                    "depthwise_BN": "bn1",
                    "project": "conv_pw",
                    "project_BN": "bn2",
                }
                names |= {f"expanded_conv_{part}": f"{here}.{name}" for part, name in parts.items()}
            else:
                parts = {
                    "expand": "conv_pw",
                    "expand_BN": "bn1",
                    "depthwise": "conv_dw",
                    "depthwise_BN": "bn2",
                    "project": "conv_pwl",
                    "project_BN": "bn3",
                }
                names |= {f"block_{number}_{part}": f"{here}.{name}" for part, name in parts.items()}
            number += 1
    return names


def _layer(group: h5py.Group, target: str) -> dict[str, Tensor]:
    values = {name.removesuffix(":0"): np.asarray(group[name], np.float32) for name in group}
    if "depthwise_kernel" in values:  # (H, W, C, 1)
        return {f"{target}.weight": _tensor(values["depthwise_kernel"].transpose(2, 3, 0, 1))}
    if "kernel" in values:  # (H, W, in, out)
        return {f"{target}.weight": _tensor(values["kernel"].transpose(3, 2, 0, 1))}
    return {
        f"{target}.weight": _tensor(values["gamma"]),
        f"{target}.bias": _tensor(values["beta"]),
        f"{target}.running_mean": _tensor(values["moving_mean"]),
        f"{target}.running_var": _tensor(values["moving_variance"]),
        f"{target}.num_batches_tracked": torch.zeros((), dtype=torch.int64),
    }


def _tensor(values: np.ndarray) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values))


def tensors_sha256(tensors: Mapping[str, Tensor]) -> str:
    """Return a checksum over names, shapes and float32 values, in the order of names, without batch counters."""
    digest = hashlib.sha256()
    for name in sorted(name for name in tensors if not name.endswith("num_batches_tracked")):
        values = tensors[name].detach().cpu().contiguous().float().numpy()
        digest.update(f"{name} {values.shape}".encode())
        digest.update(values.tobytes())
    return digest.hexdigest()
