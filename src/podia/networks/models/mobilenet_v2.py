"""MobileNetV2 encoder (Sandler et al., CVPR 2018), cut after its deepest tap, with timm's tensor names."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator
from torch import Tensor, nn
from torch.nn import functional

from podia.data.errors import ConfigurationError, nearest_name_hint
from podia.networks.models.encoder_weights import PretrainedEncoder
from podia.networks.models.same_padding import SameConv2d
from podia.networks.pretrained.imagenet import imagenet_weights

WIDTHS = (0.35, 0.5, 0.75, 1.0)
"""Width multipliers for which Keras publishes ImageNet weights."""


def _known_width(width: float) -> float:
    if width not in WIDTHS:
        raise ValueError(f"MobileNetV2 comes in widths {', '.join(f'{known:g}' for known in WIDTHS)}")
    return width


Width = Annotated[float, AfterValidator(_known_width)]
"""Width multiplier in a configuration: one of `WIDTHS`."""

EPSILON = 1e-3
"""Keras' epsilon of batch normalisation."""
MOMENTUM = 0.01
"""Momentum of the running statistics. Keras' MobileNetV2 uses 0.001 (there 0.999), which is too slow for a fine-tuning
of some thousand steps; Keras' default, 0.01, is used in encoder and decoder.
"""

Part = Literal["expand", "project", "output"]
"""Position of a tap in a block: after expansion, batch norm and ReLU6; the bare projection; the block's output."""

# expansion, channels at width 1, blocks, stride of the first (Sandler et al., table 2)
_STAGES = (
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
_STEM_CHANNELS = 32
_HEAD_CHANNELS = 1280
_HEAD_TAP = "out_relu"


class MobileNetV2Encoder(PretrainedEncoder):
    """MobileNetV2 encoder that returns the activations at chosen taps, for grey frames.

    Parameters
    ----------
    width
        Width multiplier of the channels.
    taps
        Names as in Keras: ``block_N_expand`` (N 1-16; after batch norm and ReLU6), ``block_N_project`` (the bare
        convolution), ``block_N_output`` (N 0-16; the block's linear output, after the residual sum), ``out_relu`` (the
        last activation before the classifier). Layers past the deepest tap are not built.

    Attributes
    ----------
    channels, strides
        Values of each tap, in the order of `taps`.
    """

    naming = "MobileNetV2 under timm's names (conv_stem.weight, blocks.0.0.conv_dw.weight, ...)"

    def __init__(self, width: float, taps: tuple[str, ...]) -> None:
        super().__init__()
        if not taps:
            raise ConfigurationError("An encoder needs at least one tap, such as 'block_1_expand'.")
        self.taps = taps
        positions = {name: _position(name) for name in taps}
        deepest_block, deepest_part = max(
            positions.values(), key=lambda p: (p[0], get_args(Part).index(p[1]))
        )
        stem_channels = rounded_channels(_STEM_CHANNELS * width)
        self.conv_stem = GreyConv2d(3, stem_channels, 3, stride=2)
        self.bn1 = _batch_norm(stem_channels)

        stages: list[nn.Module] = []
        properties: dict[tuple[int, Part], tuple[int, int]] = {}  # channels, stride
        number, channels, stride = 0, stem_channels, 2
        for expansion, base, repeats, first_stride in _STAGES:
            blocks: list[nn.Module] = []
            for repeat in range(repeats):
                if number > deepest_block:
                    break
                block_stride = first_stride if repeat == 0 else 1
                out_channels = rounded_channels(int(base * width))
                until: Part = deepest_part if number == deepest_block else "output"
                properties[number, "expand"] = (expansion * channels, stride)
                stride *= block_stride
                properties[number, "project"] = properties[number, "output"] = (out_channels, stride)
                if expansion == 1:
                    blocks.append(SeparableBlock(channels, out_channels))
                else:
                    blocks.append(InvertedResidual(channels, out_channels, block_stride, expansion, until))
                channels, number = out_channels, number + 1
            if blocks:
                stages.append(nn.Sequential(*blocks))
        self.blocks = nn.Sequential(*stages)
        if deepest_block == number:  # past the last block
            self.conv_head = SameConv2d(channels, _HEAD_CHANNELS, 1)
            self.bn2 = _batch_norm(_HEAD_CHANNELS)
            properties[number, "output"] = (_HEAD_CHANNELS, stride)
        self._positions = positions
        self.channels = tuple(properties[positions[name]][0] for name in taps)
        self.strides = tuple(properties[positions[name]][1] for name in taps)

    def imagenet_weights(self) -> Path:
        """Return the file of the ImageNet weights, width 0.35."""
        return imagenet_weights()

    def forward(self, frames: Tensor) -> tuple[Tensor, ...]:
        """Return the activations of the taps for `frames` ``(N, 1, H, W)``, scaled to [-1, 1] as in Keras."""
        found: dict[tuple[int, Part], Tensor] = {}
        x = functional.relu6(self.bn1(self.conv_stem(frames)), inplace=True)
        number = 0
        for stage in self.blocks.children():
            for block in stage.children():
                parts = block(x)
                found.update({(number, part): tensor for part, tensor in parts.items()})
                x = parts.get("output", x)
                number += 1
        if hasattr(self, "conv_head"):
            found[number, "output"] = functional.relu6(self.bn2(self.conv_head(x)), inplace=True)
        return tuple(found[self._positions[name]] for name in self.taps)


class GreyConv2d(SameConv2d):
    """A convolution for three channels, applied to one grey channel.

    Summing the kernel over its input channels is equivalent to repeating the frame, at a third of the cost.
    """

    def forward(self, x: Tensor) -> Tensor:
        """Return the convolution of `x` ``(N, 1, H, W)``, repeated over the channels."""
        kernel = self.weight.sum(dim=1, keepdim=True)
        return functional.conv2d(self.pad(x), kernel, self.bias, self.stride, self.padding)


class SeparableBlock(nn.Module):
    """The first block, without expansion."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.conv_dw = SameConv2d(in_channels, in_channels, 3, groups=in_channels)
        self.bn1 = _batch_norm(in_channels)
        self.conv_pw = SameConv2d(in_channels, out_channels, 1)
        self.bn2 = _batch_norm(out_channels)

    def forward(self, x: Tensor) -> dict[Part, Tensor]:
        """Return the block's output."""
        x = functional.relu6(self.bn1(self.conv_dw(x)), inplace=True)
        return {"output": self.bn2(self.conv_pw(x))}


class InvertedResidual(nn.Module):
    """Expansion, depthwise convolution, linear projection and, if shapes match, a residual; built up to `until`."""

    def __init__(
        self, in_channels: int, out_channels: int, stride: int, expansion: int, until: Part = "output"
    ) -> None:
        super().__init__()
        hidden = expansion * in_channels
        self.until = until
        self.has_residual = stride == 1 and in_channels == out_channels
        self.conv_pw = SameConv2d(in_channels, hidden, 1)
        self.bn1 = _batch_norm(hidden)
        if until == "expand":
            return
        self.conv_dw = SameConv2d(hidden, hidden, 3, stride=stride, groups=hidden)
        self.bn2 = _batch_norm(hidden)
        self.conv_pwl = SameConv2d(hidden, out_channels, 1)
        if until == "output":
            self.bn3 = _batch_norm(out_channels)

    def forward(self, x: Tensor) -> dict[Part, Tensor]:
        """Return the activations of the existing parts."""
        parts: dict[Part, Tensor] = {"expand": functional.relu6(self.bn1(self.conv_pw(x)), inplace=True)}
        if self.until == "expand":
            return parts
        depthwise = functional.relu6(self.bn2(self.conv_dw(parts["expand"])), inplace=True)
        parts["project"] = self.conv_pwl(depthwise)
        if self.until == "output":
            normalised = self.bn3(parts["project"])
            parts["output"] = normalised + x if self.has_residual else normalised
        return parts


def rounded_channels(channels: float) -> int:
    """Round `channels` to a multiple of 8, never down by more than a tenth (Keras, `_make_divisible`)."""
    rounded = max(8, int(channels + 4) // 8 * 8)
    return rounded + 8 if rounded < 0.9 * channels else rounded


def _batch_norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=EPSILON, momentum=MOMENTUM)


def _position(tap: str) -> tuple[int, Part]:
    n_blocks = sum(repeats for _, _, repeats, _ in _STAGES)
    if tap == _HEAD_TAP:
        return n_blocks, "output"
    for part in get_args(Part):
        match = re.fullmatch(rf"block_(\d+)_{part}", tap)
        if match and int(match[1]) < n_blocks and (int(match[1]) > 0 or part == "output"):
            return int(match[1]), part
    allowed = [f"block_{n}_{part}" for n in range(n_blocks) for part in get_args(Part)]
    raise ConfigurationError(
        f"Unknown tap '{tap}'.{nearest_name_hint(tap, allowed)} Allowed: block_0_output, block_1_expand, "
        f"block_1_project, block_1_output, ... block_{n_blocks - 1}_output, {_HEAD_TAP}."
    )
