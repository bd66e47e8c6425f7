from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from torch import nn

from podia.data.errors import ConfigurationError
from podia.networks.models.registry import ARCHITECTURES, build_network, find_architecture

SMALL = {"base_filters": 2}


def test_the_nearest_architecture_is_named() -> None:
    with pytest.raises(
        ConfigurationError, match=r"'convlstm-mobilenet-b6'\. Did you mean 'convlstm-mobilenet-b"
    ):
        find_architecture("convlstm-mobilenet-b6")


@pytest.mark.parametrize(
    ("architecture", "values", "message"),
    [
        ("convlstm-mobilenet-b3", {"filters": 3}, "Unknown setting 'filters'"),
        ("convlstm-mobilenet-b3", {"width": 0.4}, r"comes in widths 0\.35, 0\.5, 0\.75, 1"),
        ("convlstm-mobilenet-b3", {"kernel": 4}, "must be odd"),
        (
            "u-lstm-decoder",
            {"depths": (8, 16), "decoder_depths": (8, 16, 32)},
            "depths has 2 levels, decoder_depths 3",
        ),
        ("u-lstm-decoder", {"placement": "everywhere"}, "Setting 'placement'"),
        ("podia", {"width": 0.4}, r"comes in widths 0\.35, 0\.5, 0\.75, 1"),
        ("podia", {"memory": (0, 0)}, "memory"),
        ("podia", {"decoder": (-1, 2, 3)}, "decoder"),
    ],
)
def test_settings_that_make_no_network_are_refused(
    architecture: str, values: dict[str, object], message: str
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        build_network(architecture, values)


def test_the_same_seed_gives_the_same_weights_and_leaves_torchs_generator_alone() -> None:
    torch.manual_seed(3)
    expected = torch.rand(1)
    torch.manual_seed(3)
    first = build_network("convlstm-mobilenet-b5", SMALL, seed=1)
    assert torch.equal(torch.rand(1), expected)
    again = build_network("convlstm-mobilenet-b5", SMALL, seed=1)
    other = build_network("convlstm-mobilenet-b5", SMALL, seed=2)
    assert torch.equal(first.get_parameter("head.weight"), again.get_parameter("head.weight"))
    assert not torch.equal(first.get_parameter("head.weight"), other.get_parameter("head.weight"))


@pytest.mark.parametrize("name", [f"convlstm-mobilenet-b{i}" for i in range(1, 6)])
def test_s0_drops_a_twentieth_and_normalises_as_keras_does(name: str) -> None:
    modules = list(build_network(name).modules())
    assert {module.p for module in modules if isinstance(module, nn.Dropout)} == {0.05}
    norms = [module for module in modules if isinstance(module, nn.BatchNorm2d)]
    assert {(norm.momentum, norm.eps) for norm in norms} == {(0.01, 1e-3)}


def test_b2_and_b3_differ_in_training_only() -> None:
    assert (
        ARCHITECTURES["convlstm-mobilenet-b2"].configure()
        == ARCHITECTURES["convlstm-mobilenet-b3"].configure()
    )


def test_the_published_u_lstms_are_as_published() -> None:
    paper = ARCHITECTURES["u-lstm-decoder"].configure().model_dump()
    code = ARCHITECTURES["u-lstm-encoder"].configure().model_dump()
    assert (paper["depths"], paper["decoder_kernel"], paper["downsampling"]) == (
        (32, 64, 128, 256),
        7,
        "max_pool",
    )
    assert (code["depths"], code["encoder_kernel"], code["downsampling"]) == (
        (128, 256, 256, 512),
        5,
        "strided",
    )


def test_naming_architectures_does_not_import_torch() -> None:
    code = "import sys, podia.networks.models.registry; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
