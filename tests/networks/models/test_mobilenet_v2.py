"""The encoder against a reference written out from its tensors alone."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor
from torch.nn.functional import batch_norm, conv2d, pad

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.networks.models.encoder_weights import load_encoder_weights
from podia.networks.models.mobilenet_v2 import (
    WIDTHS,
    GreyConv2d,
    MobileNetV2Encoder,
    rounded_channels,
)
from podia.networks.models.published.convlstm_mobilenet import TAPS
from podia.networks.models.same_padding import SameConv2d, same_padding

REPEATS = (1, 2, 3, 4, 3, 3, 1)
"""Blocks a stage."""
HALVING = {1, 3, 6, 13}
"""Numbers of the blocks with stride 2."""


def reference_features(tensors: dict[str, Tensor], grey: Tensor) -> dict[str, Tensor]:
    """Return every tap of MobileNetV2, step by step as its paper and Keras have it, from timm's tensor names."""

    def norm(x: Tensor, name: str) -> Tensor:
        mean, var = tensors[f"{name}.running_mean"], tensors[f"{name}.running_var"]
        return batch_norm(x, mean, var, tensors[f"{name}.weight"], tensors[f"{name}.bias"], eps=1e-3)

    def same(x: Tensor, name: str, stride: int = 1, groups: int = 1) -> Tensor:
        kernel = tensors[f"{name}.weight"]
        margins = []
        for n in (x.shape[3], x.shape[2]):
            needed = max((-(-n // stride) - 1) * stride + kernel.shape[-1] - n, 0)
            margins += [needed // 2, needed - needed // 2]
        return conv2d(pad(x, margins), kernel, stride=stride, groups=groups)

    features: dict[str, Tensor] = {}
    x = norm(same(grey.repeat(1, 3, 1, 1), "conv_stem", 2), "bn1").clamp(0, 6)
    number = 0
    for stage, repeats in enumerate(REPEATS):
        for repeat in range(repeats):
            block, before, stride = f"blocks.{stage}.{repeat}", x, 2 if number in HALVING else 1
            if number == 0:
                x = norm(same(x, f"{block}.conv_dw", 1, x.shape[1]), f"{block}.bn1").clamp(0, 6)
                x = norm(same(x, f"{block}.conv_pw"), f"{block}.bn2")
            else:
                x = norm(same(x, f"{block}.conv_pw"), f"{block}.bn1").clamp(0, 6)
                features[f"block_{number}_expand"] = x
                x = norm(same(x, f"{block}.conv_dw", stride, x.shape[1]), f"{block}.bn2").clamp(0, 6)
                x = same(x, f"{block}.conv_pwl")
                features[f"block_{number}_project"] = x
                x = norm(x, f"{block}.bn3")
                if stride == 1 and x.shape[1] == before.shape[1]:
                    x = x + before
            features[f"block_{number}_output"] = x
            number += 1
    features["out_relu"] = norm(same(x, "conv_head"), "bn2").clamp(0, 6)
    return features


def every_tap() -> tuple[str, ...]:
    named = [f"block_{n}_{part}" for n in range(1, 17) for part in ("expand", "project", "output")]
    return ("block_0_output", *named, "out_relu")


@pytest.fixture
def weights(data_dir: Path) -> Path:
    return data_dir / "weights" / "mobilenetv2_035_imagenet.safetensors"


@pytest.fixture
def grey() -> Tensor:
    return torch.randn(2, 1, 64, 96, generator=torch.Generator().manual_seed(0))


def test_features_equal_the_reference_for_random_weights(grey: Tensor) -> None:
    torch.manual_seed(0)
    encoder = MobileNetV2Encoder(0.35, every_tap()).train()
    with torch.no_grad():
        encoder(grey * 2 + 1)  # so that running statistics are not those of a new network
        features = encoder.eval()(grey)
        expected = reference_features(dict(encoder.state_dict()), grey)
    for name, feature in zip(encoder.taps, features, strict=True):
        torch.testing.assert_close(feature, expected[name], rtol=1e-4, atol=1e-4, msg=name)


def test_features_of_the_imagenet_weights_equal_the_reference(weights: Path, grey: Tensor) -> None:
    encoder = MobileNetV2Encoder(0.35, TAPS).eval()
    load_encoder_weights(encoder, weights)
    with torch.no_grad():
        features = encoder(grey)
        expected = reference_features(load_file(weights), grey)
    for name, feature in zip(TAPS, features, strict=True):
        torch.testing.assert_close(feature, expected[name], rtol=1e-4, atol=1e-4, msg=name)


def test_the_imagenet_weights_load_whole(weights: Path) -> None:
    assert load_encoder_weights(MobileNetV2Encoder(0.35, ("out_relu",)), weights) == ()


def test_what_lies_past_the_cut_is_neither_built_nor_loaded(weights: Path) -> None:
    left_over = load_encoder_weights(MobileNetV2Encoder(0.35, TAPS), weights)
    assert {name.rsplit(".", 1)[0] for name in left_over} == {"blocks.6.0.bn3", "conv_head", "bn2"}


def test_channels_and_strides_are_those_of_the_paper() -> None:
    encoder = MobileNetV2Encoder(0.35, TAPS)
    assert encoder.channels == (48, 48, 96, 192, 112)
    assert encoder.strides == (2, 4, 8, 16, 32)


@pytest.mark.parametrize("width", WIDTHS)
def test_channels_and_strides_say_what_comes_out(width: float) -> None:
    taps = ("block_2_output", "block_0_output", "block_13_expand", "block_15_output", "block_7_project")
    encoder = MobileNetV2Encoder(width, taps).eval()
    with torch.no_grad():
        features = encoder(torch.zeros(1, 1, 64, 64))
    assert tuple(feature.shape[1] for feature in features) == encoder.channels
    assert tuple(64 // feature.shape[2] for feature in features) == encoder.strides


@pytest.mark.parametrize(
    ("wanted", "rounded"), [(3, 8), (11.2, 16), (11, 16), (22, 24), (33, 32), (56, 56), (24, 24)]
)
def test_channels_are_rounded_as_keras_rounds_them(wanted: float, rounded: int) -> None:
    assert rounded_channels(wanted) == rounded


def test_a_grey_frame_gives_what_repeating_it_would(grey: Tensor) -> None:
    torch.manual_seed(0)
    folded = GreyConv2d(3, 16, 3, stride=2)
    plain = SameConv2d(3, 16, 3, stride=2)
    plain.load_state_dict(folded.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(folded(grey), plain(grey.repeat(1, 3, 1, 1)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(
    ("size", "kernel", "stride", "zeros"),
    [
        (8, 3, 1, (1, 1)),
        (8, 3, 2, (0, 1)),
        (7, 3, 2, (1, 1)),
        (8, 2, 1, (0, 1)),
        (9, 5, 3, (1, 1)),
        (8, 1, 2, (0, 0)),
    ],
)
def test_the_odd_zero_comes_after(size: int, kernel: int, stride: int, zeros: tuple[int, int]) -> None:
    assert same_padding(size, kernel, stride) == zeros


@pytest.mark.parametrize(("size", "first"), [(8, 1), (7, 0)])
def test_stride_2_takes_every_other_pixel_from_the_one_that_tensorflow_takes(size: int, first: int) -> None:
    centre_only = SameConv2d(1, 1, 3, stride=2)
    with torch.no_grad():
        centre_only.weight.zero_()[..., 1, 1] = 1
        frame = torch.arange(float(size * size)).reshape(1, 1, size, size)
        torch.testing.assert_close(centre_only(frame), frame[..., first::2, first::2])


@pytest.mark.parametrize("tap", ["block_0_expand", "block_17_output", "block_3_expnd", "stem"])
def test_an_unknown_tap_is_refused(tap: str) -> None:
    with pytest.raises(ConfigurationError, match=f"Unknown tap '{tap}'.*Allowed: block_0_output"):
        MobileNetV2Encoder(0.35, (tap,))


def test_weights_of_another_width_are_refused() -> None:
    other = MobileNetV2Encoder(0.5, ("block_3_expand",))
    with pytest.raises(InvalidInputError, match="another width"):
        load_encoder_weights(MobileNetV2Encoder(0.35, ("block_3_expand",)), dict(other.state_dict()))


def test_weights_under_other_names_are_refused() -> None:
    with pytest.raises(InvalidInputError, match=r"lack 'conv_stem\.weight'"):
        load_encoder_weights(MobileNetV2Encoder(0.35, ("block_3_expand",)), {"Conv1.kernel": torch.zeros(1)})
