"""Where a training starts: what was asked for, or an error; never random weights in its place."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.networks.card import ModelCard
from podia.networks.model_file import save_model
from podia.networks.models.encoder_weights import PretrainedEncoder
from podia.networks.models.registry import build_network
from podia.networks.pretrained import imagenet_resnet18
from podia.networks.pretrained.imagenet_resnet18 import FILE_NAME
from podia.training.initial_weights import require_encoder_weights, set_initial_weights
from small_networks import SMALL, build_small


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("PODIA_DATA_DIR", raising=False)
    monkeypatch.setenv("PODIA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(imagenet_resnet18, "ADDRESS", "http://127.0.0.1:9/")
    return tmp_path / "weights"


def a_file_of_it(tensors: dict[str, torch.Tensor], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write `tensors` as if they were torchvision's file, and make its checksum the known one."""
    import pooch

    folder.mkdir(parents=True, exist_ok=True)
    torch.save(tensors, folder / FILE_NAME)
    known = f"sha256:{pooch.file_hash(folder / FILE_NAME)}"
    monkeypatch.setitem(imagenet_resnet18.REGISTRY, FILE_NAME, known)
    return folder / FILE_NAME


@pytest.mark.parametrize("situation", ["resnet18-unet", "resnet18-fpn", "linknet"])
def test_resnet18_starts_from_imagenet_and_nothing_else_changes(
    situation: str, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    public = {k: torch.randn_like(v.float()) for k, v in build_small(situation).encoder.state_dict().items()}
    a_file_of_it(public, cache, monkeypatch)
    network, before = build_small(situation), build_small(situation).state_dict()
    assert FILE_NAME in set_initial_weights(network, "imagenet")
    for name, tensor in network.state_dict().items():
        expected = (
            public.get(name.removeprefix("encoder."), before[name]) if "encoder." in name else before[name]
        )
        assert torch.equal(tensor, expected.to(tensor.dtype)), name


def test_offline_it_is_an_error_and_says_what_to_do(cache: Path) -> None:
    with pytest.raises(InvalidInputError, match=rf"{FILE_NAME}.*Put this file into .*--encoder-weights none"):
        set_initial_weights(build_small("resnet18-unet"), "imagenet")
    assert not (cache / FILE_NAME).exists()


def test_another_file_of_that_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / FILE_NAME).write_bytes(b"something else")
    monkeypatch.setenv("PODIA_DATA_DIR", str(tmp_path))
    with pytest.raises(InvalidInputError, match="its sha256 differs"):
        set_initial_weights(build_small("resnet18-unet"), "imagenet")


def test_the_known_checksum_begins_as_the_files_name_ends() -> None:
    assert imagenet_resnet18.REGISTRY[FILE_NAME].startswith("sha256:f37072fd")
    assert len(imagenet_resnet18.REGISTRY[FILE_NAME]) == len("sha256:") + 64


def test_a_file_of_an_encoders_weights_is_loaded_into_the_encoder(tmp_path: Path) -> None:
    public = {k: torch.full_like(v, 3) for k, v in build_small("linknet").encoder.state_dict().items()}
    save_file(public, tmp_path / "mine.safetensors")
    network = build_small("linknet")
    assert "mine.safetensors" in set_initial_weights(network, str(tmp_path / "mine.safetensors"))
    assert all((p == 3).all() for p in network.encoder_parameters())


def test_a_model_file_gives_all_that_fits(tmp_path: Path) -> None:
    architecture, values = SMALL["unet"]
    card = ModelCard(name="mine", architecture=architecture, network=values)
    save_model(tmp_path / "mine.safetensors", build_network(architecture, values, seed=5), card)
    network = build_network(architecture, {**values, "head": "contour"}, seed=6)
    told = set_initial_weights(network, str(tmp_path / "mine.safetensors"))
    assert told.endswith("start from 'mine', the others are random.")
    assert torch.equal(
        network.get_parameter("levels.0.0.weight"),
        build_network(architecture, values, seed=5).get_parameter("levels.0.0.weight"),
    )


def test_a_network_without_an_encoder_has_none_to_load() -> None:
    with pytest.raises(ConfigurationError, match="UNet has no pretrained encoder"):
        set_initial_weights(build_small("unet"), "imagenet")


def test_encoder_weights_on_the_command_line_are_a_file_or_one_of_two_words(tmp_path: Path) -> None:
    (tmp_path / "mine.pth").touch()
    for source in ("imagenet", "none", str(tmp_path / "mine.pth")):
        require_encoder_weights(source)
    with pytest.raises(
        InvalidInputError, match=r"no file of encoder weights 'imagenett'.*Did you mean 'imagenet'"
    ):
        require_encoder_weights("imagenett")


def test_channels_that_both_heads_have_are_taken_over(tmp_path: Path) -> None:
    small = {"memory": [4, 8], "decoder": [8, 8, 8], "detail": 4}
    given = build_network("podia", {**small, "head": "distance", "tips": True}, seed=3)
    card = ModelCard(name="phase", architecture="podia", network=given.config.model_dump(mode="json"))
    save_model(tmp_path / "phase.safetensors", given, card)
    network = build_network("podia", {**small, "head": "cells_and_spots", "tips": True}, seed=4)
    untouched = network.get_parameter("out.weight").clone()
    said = set_initial_weights(network, str(tmp_path / "phase.safetensors"))
    assert "tensors, 2 of them in part, start from 'phase', the others are random" in said
    now, its = network.get_parameter("out.weight"), given.get_parameter("out.weight")
    assert torch.equal(now[:4], its[:4]), "cell"
    assert torch.equal(now[4:8], untouched[4:8]), "spot"
    assert torch.equal(now[8:], its[12:]), "tips"


def test_classes_are_not_taken_for_log_odds(tmp_path: Path) -> None:
    small = {"memory": [4, 8], "decoder": [8, 8, 8], "detail": 4}
    given = build_network("podia", {**small, "head": {"name": "binary", "softmax": True}}, seed=3)
    card = ModelCard(name="classes", architecture="podia", network=given.config.model_dump(mode="json"))
    save_model(tmp_path / "classes.safetensors", given, card)
    network = build_network("podia", {**small, "head": "binary"}, seed=4)
    untouched = network.get_parameter("out.weight").clone()
    set_initial_weights(network, str(tmp_path / "classes.safetensors"))
    assert torch.equal(network.get_parameter("out.weight"), untouched)


class _OwnEncoder(PretrainedEncoder):
    """An encoder of somebody else's, which brings its ImageNet weights itself."""

    naming = "own names"

    def __init__(self, weights: dict[str, torch.Tensor] | None) -> None:
        super().__init__()
        self.layer = torch.nn.Conv2d(1, 2, 3)
        self._weights = weights

    def imagenet_weights(self) -> Path | dict[str, torch.Tensor]:
        return self._weights or super().imagenet_weights()


def test_an_encoder_says_itself_where_its_weights_come_from() -> None:
    network = build_small("unet")
    network.encoder = _OwnEncoder({"layer.weight": torch.ones(2, 1, 3, 3), "layer.bias": torch.zeros(2)})
    assert set_initial_weights(network, "imagenet").startswith("The encoder starts from ImageNet, the rest")
    assert (network.get_parameter("encoder.layer.weight") == 1).all()
    network.encoder = _OwnEncoder(None)
    with pytest.raises(
        ConfigurationError, match=r"There are no known ImageNet weights for _OwnEncoder\. Use a file"
    ):
        set_initial_weights(network, "imagenet")
