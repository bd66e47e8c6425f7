"""The encoder's public weights: Keras' file read as the encoder wants it, and never something else in its place."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from podia.data.errors import InvalidInputError
from podia.networks.models.encoder_weights import load_encoder_weights
from podia.networks.models.mobilenet_v2 import MobileNetV2Encoder
from podia.networks.pretrained import imagenet
from podia.networks.pretrained.imagenet import (
    FILE_NAME,
    TENSORS_SHA256,
    from_keras,
    layer_names,
    tensors_sha256,
)


def write_as_keras(tensors: dict[str, torch.Tensor], path: Path) -> None:
    """Write `tensors` as Keras does: a group a layer, kernels with channels last."""
    with h5py.File(path, "w") as file:
        for layer, name in layer_names().items():
            group = file.create_group(layer).create_group(layer)
            weight = tensors[f"{name}.weight"].numpy()
            if f"{name}.running_mean" in tensors:
                group["gamma:0"], group["beta:0"] = weight, tensors[f"{name}.bias"].numpy()
                group["moving_mean:0"] = tensors[f"{name}.running_mean"].numpy()
                group["moving_variance:0"] = tensors[f"{name}.running_var"].numpy()
            elif "conv_dw" in name:
                group["depthwise_kernel:0"] = np.transpose(weight, (2, 3, 0, 1))
            else:
                group["kernel:0"] = np.transpose(weight, (2, 3, 1, 0))


@pytest.fixture
def random_weights() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    state = MobileNetV2Encoder(0.35, ("out_relu",)).state_dict()
    return {name: t if "num_batches" in name else torch.randn_like(t) for name, t in state.items()}


def test_keras_file_gives_the_encoder_the_tensors_that_were_written(tmp_path: Path, random_weights) -> None:
    write_as_keras(random_weights, tmp_path / "keras.h5")
    read = from_keras(tmp_path / "keras.h5")
    assert set(read) == set(random_weights)
    assert tensors_sha256(read) == tensors_sha256(random_weights)


def test_the_known_checksum_is_that_of_the_copy_at_hand(data_dir: Path) -> None:
    tensors = load_file(data_dir / "weights" / FILE_NAME)
    assert tensors_sha256(tensors) == TENSORS_SHA256
    assert load_encoder_weights(MobileNetV2Encoder(0.35, ("out_relu",)), tensors) == ()


def test_other_weights_in_the_cache_are_refused_and_removed(
    tmp_path: Path, random_weights, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PODIA_DATA_DIR", raising=False)
    monkeypatch.setenv("PODIA_CACHE_DIR", str(tmp_path))
    (tmp_path / "weights").mkdir()
    save_file(random_weights, tmp_path / "weights" / FILE_NAME)
    with pytest.raises(InvalidInputError, match="have an unexpected checksum"):
        imagenet.imagenet_weights()
    assert not (tmp_path / "weights" / FILE_NAME).exists()


def test_offline_the_error_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PODIA_DATA_DIR", raising=False)
    monkeypatch.setenv("PODIA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(imagenet, "KERAS_ADDRESS", "http://127.0.0.1:9/weights.h5")
    with pytest.raises(InvalidInputError, match='initial_weights = "podia-phase"'):
        imagenet.imagenet_weights()
