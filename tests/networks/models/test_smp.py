"""Networks of segmentation_models.pytorch behind podia's contract; skipped where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from podia.data.errors import ConfigurationError, MissingDependencyError
from podia.networks.card import ModelCard
from podia.networks.model_file import load_model, save_model
from podia.networks.models.cost import measure_receptive_field
from podia.networks.models.registry import build_network

INSTALLED = find_spec("segmentation_models_pytorch") is not None
needs_smp = pytest.mark.skipif(not INSTALLED, reason="needs segmentation_models.pytorch: podia[smp]")
SMALL = {"arch": "Unet", "encoder": "resnet18", "options": {"decoder_channels": [16, 8, 8, 4, 4]}}


@pytest.mark.skipif(INSTALLED, reason="segmentation_models.pytorch is installed")
def test_without_it_the_extra_is_named() -> None:
    with pytest.raises(MissingDependencyError, match=r"podia\[smp\]"):
        build_network("smp")


@needs_smp
@pytest.mark.parametrize("arch", ["Unet", "FPN", "Linknet", "DeepLabV3Plus", "Segformer"])
def test_logits_have_the_size_of_the_frame_and_the_channels_of_the_head(arch: str) -> None:
    network = build_network("smp", {"arch": arch, "encoder": "resnet18", "head": "distance", "tips": True})
    with torch.no_grad():
        logits, state = network.eval()(torch.zeros(1, 1, 1, 2 * network.stride, 3 * network.stride))
    assert logits.shape == (1, 1, 4, 2 * network.stride, 3 * network.stride)
    assert state == ()


@needs_smp
def test_the_same_seed_gives_the_same_weights_and_a_file_brings_them_back(tmp_path: Path) -> None:
    network = build_network("smp", SMALL, seed=3).eval()
    again = build_network("smp", SMALL, seed=3).state_dict()
    assert all(torch.equal(tensor, again[name]) for name, tensor in network.state_dict().items())
    save_model(tmp_path / "m.safetensors", network, ModelCard(name="m", architecture="smp", network=SMALL))
    loaded, _ = load_model(tmp_path / "m.safetensors")
    frame = torch.rand(1, 1, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.equal(loaded(frame)[0], network(frame)[0])


@needs_smp
def test_what_squeezes_over_the_frame_has_a_global_receptive_field() -> None:
    plain = measure_receptive_field(build_network("smp", SMALL))
    assert plain is not None
    assert plain.halo_px > 100
    assert measure_receptive_field(build_network("smp", {**SMALL, "encoder": "efficientnet-b0"})) is None


@needs_smp
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"arch": "Unett"}, r"Unknown network.arch 'Unett'. There are: Unet, "),
        ({"arch": "DPT"}, "Unknown network.arch 'DPT'"),
        ({"encoder": "resnet17"}, "cannot build Unet with the encoder 'resnet17'"),
    ],
)
def test_what_it_does_not_have_is_refused(settings: dict[str, str], message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build_network("smp", settings)
