"""What networks that see each frame alone have of their own; what all promise is in test_contract."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from heads import HEADS
from podia.data.errors import ConfigurationError
from podia.networks.models.initialisation import Initialisation, initialise
from podia.networks.models.published.resnet18_fpn import ResNet18Fpn
from podia.networks.models.published.tipnet import TipNet
from podia.networks.models.registry import build_network
from podia.networks.models.unet import UNet
from podia.networks.outputs.binary import Binary
from small_networks import SMALL, build_small, random_clip

PIXEL_HEADS = tuple(name for name, head in HEADS.items() if head.per_pixel)
NAMES = ("resnet18-unet", "resnet18-fpn", "linknet", "tipnet", "unet")


@pytest.mark.parametrize("head", PIXEL_HEADS)
@pytest.mark.parametrize("name", NAMES)
def test_every_head_fits_every_network(name: str, head: str) -> None:
    network = build_network(name, {**SMALL[name][1], "head": HEADS[head], "tips": True}).eval()
    with torch.no_grad():
        logits, state = network(random_clip(network, frames=1))
    assert logits.shape[2] == HEADS[head].n_channels + 1
    assert state == ()


@pytest.mark.parametrize("name", NAMES)
def test_unless_told_otherwise_they_say_how_likely_a_pixel_is_a_cell(name: str) -> None:
    assert build_small(name).config.head == Binary()


@pytest.mark.parametrize("name", NAMES)
def test_a_frame_is_seen_alone(name: str) -> None:
    network = build_small(name).eval()
    clip = random_clip(network, frames=2)
    with torch.no_grad():
        both, _ = network(clip)
        last, _ = network(clip[:, 1:])
    torch.testing.assert_close(both[:, 1:], last)


@pytest.mark.parametrize(
    ("how", "variance"),
    [
        ("xavier_uniform", 2 / (9 * 32 + 9 * 64)),
        ("xavier_normal", 2 / (9 * 32 + 9 * 64)),
        ("lecun_uniform", 1 / (9 * 32)),
        ("kaiming_normal", 2 / (9 * 32)),
    ],
)
def test_kernels_are_drawn_with_the_published_variance(how: Initialisation, variance: float) -> None:
    torch.manual_seed(0)
    layer = nn.Conv2d(32, 64, 3)
    initialise(layer, how)
    kernel = layer.weight.detach().double()
    # 18,432 draws: the relative error of their variance is about sqrt(2 / n) = 1 %.
    assert kernel.var().item() == pytest.approx(variance, rel=0.05)
    is_uniform = kernel.abs().max().item() <= np.sqrt(3 * variance) * 1.001
    assert is_uniform == how.endswith("uniform")
    assert layer.bias is not None
    assert not layer.bias.any()


def test_each_network_begins_as_its_paper_has_it() -> None:
    with torch.device("meta"):
        drawn = {name: build_network(name).config.model_dump()["initialisation"] for name in NAMES}
    assert drawn == {
        "resnet18-unet": "lecun_uniform",
        "resnet18-fpn": "lecun_uniform",
        "linknet": "kaiming_normal",
        "tipnet": "lecun_uniform",
        "unet": "xavier_normal",
    }


def test_dropout_takes_whole_channels_and_only_while_training() -> None:
    network = build_network("resnet18-fpn", {**SMALL["resnet18-fpn"][1], "dropout": 0.5}, seed=1)
    assert isinstance(network, ResNet18Fpn)
    torch.manual_seed(0)
    dropped = network.dropout.train()(torch.ones(1, 32, 4, 4))[0].flatten(1)
    assert all(len(channel.unique()) == 1 for channel in dropped)
    assert 0 < (dropped[:, 0] == 0).sum() < 32
    clip = random_clip(network)
    with torch.no_grad():
        assert torch.equal(network.eval()(clip)[0], network(clip)[0])


def test_no_resolution_of_tipnet_is_made_from_another() -> None:
    network = build_small("tipnet").eval()
    assert isinstance(network, TipNet)
    frames = random_clip(network, frames=1)[:, 0]
    with torch.no_grad():
        features = network.encode(frames)
        for level, (block, feature) in enumerate(zip(network.levels, features, strict=True)):
            averaged = functional.avg_pool2d(frames, 2**level)
            torch.testing.assert_close(block(averaged), feature)


def test_each_level_of_the_unet_is_made_from_the_one_above() -> None:
    network = build_small("unet").eval()
    assert isinstance(network, UNet)
    with torch.no_grad():
        features = network.encode(random_clip(network, frames=1)[:, 0])
        for block, above, feature in zip(network.levels[1:], features, features[1:], strict=False):
            torch.testing.assert_close(block(functional.max_pool2d(above, 2)), feature)


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("resnet18-unet", {"bottleneck_channels": 100}, "bottleneck_channels"),
        ("resnet18-fpn", {"encoder_channels": (8, 16)}, "encoder_channels"),
        ("unet", {"depths": (8,)}, "depths"),
        ("linknet", {"initialisation": "orthogonal"}, "initialisation"),
    ],
)
def test_settings_that_make_no_network_are_refused(
    name: str, values: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build_network(name, values)
