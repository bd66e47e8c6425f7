"""ConvLSTM MobileNetV2 U-Net (Gómez-de-Mariscal et al. 2021): a 2-D U-Net, then one ConvLSTM at full resolution."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from podia.networks.models.conv_lstm import ConvLstm, KernelSide
from podia.networks.models.initialisation import glorot_uniform
from podia.networks.models.mobilenet_v2 import EPSILON, MOMENTUM, MobileNetV2Encoder, Width
from podia.networks.models.network import Network, NetworkConfig, Tensors
from podia.networks.outputs.binary import Binary
from podia.networks.outputs.registry import Head

TAPS = ("block_1_expand", "block_3_expand", "block_6_expand", "block_13_expand", "block_16_project")
"""Taps of the encoder for the decoder, strides 2 to 32; the last one without batch norm, as published."""


class ConvLstmMobileNetConfig(NetworkConfig):
    """Sizes of the published family (its table 1)."""

    head: Head = Field(Binary(softmax=True), description="What the network predicts.")
    width: Width = Field(
        0.35, description="Fraction of MobileNetV2's channels in the encoder: 0.35, 0.5, 0.75 or 1."
    )
    pools: int = Field(4, ge=2, le=5, description="Levels of the U-Net below full resolution.")
    base_filters: int = Field(
        25, ge=1, le=256, description="Filters at full resolution; doubled at each level."
    )
    recurrent: bool = Field(
        True, description="Connect the frames with a ConvLSTM; without it, the 2-D variant."
    )
    kernel: KernelSide = Field(3, description="Edge length of the ConvLSTM's kernel in pixels, odd.")
    dropout: float = Field(
        0.05, ge=0, lt=1, description="Fraction of decoder activations dropped in training."
    )


class ConvLstmMobileNet(Network):
    """The network of Gómez-de-Mariscal et al. 2021.

    `encode` is the whole 2-D U-Net, `recur` its ConvLSTM, `decode` a 1x1 convolution.

    `encode` also computes the input's part of the ConvLSTM's gates: a window of 5 frames then costs one convolution of
    the input and four of the hidden state (before the first frame there is none), instead of five of each. In return,
    cached features are larger: 4 f channels.
    """

    window = 5
    supervision = "last"

    def __init__(self, config: ConvLstmMobileNetConfig) -> None:
        super().__init__(config)
        filters, pools = config.base_filters, config.pools
        self.stride = 2**pools
        self.encoder = MobileNetV2Encoder(config.width, TAPS[:pools])
        *skips, channels = self.encoder.channels
        self.decoder = nn.ModuleList()
        for level in range(pools - 1, 0, -1):
            self.decoder.append(DecoderBlock(channels, filters * 2**level, config.dropout))
            channels = filters * 2**level + skips[level - 1]
        self.decoder.append(DecoderBlock(channels, filters, config.dropout))
        self.memory = ConvLstm(filters, filters, config.kernel, "elu") if config.recurrent else None
        self.head = nn.Conv2d(filters, config.n_outputs, 1)
        glorot_uniform(self.decoder)
        glorot_uniform(self.head)

    @property
    def recurrent(self) -> bool:
        """Whether the network has a state."""
        return self.memory is not None

    def encode(self, frames: Tensor) -> Tensors:
        """Return the ConvLSTM's input gates for `frames`, or the decoder's activations without recurrence."""
        *skips, x = self.encoder(frames)
        *below, last = self.decoder
        for block, skip in zip(below, reversed(skips), strict=True):
            x = torch.cat((_doubled(block(x)), skip), dim=1)
        x = last(_doubled(x))
        return (x if self.memory is None else self.memory.input_gates(x),)

    def initial_state(self, features: Tensors) -> Tensors:
        """Return hidden state and cell of zeros; an empty state without recurrence."""
        return () if self.memory is None else self.memory.initial_state(features[0])

    def recur(
        self,
        features: Tensors,
        state: Tensors | None,
        ahead: Sequence[Tensors] = (),
    ) -> tuple[Tensors, Tensors]:
        """Return the hidden state, and hidden state and cell as the next state."""
        if self.memory is None:
            return features, ()
        h, c = self.memory.step(features[0], None if state is None else (state[0], state[1]))
        return (h,), (h, c)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        logits: Tensor = self.head(features[0])
        return logits

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return MobileNetV2's parameters."""
        return list(self.encoder.parameters())


class DecoderBlock(nn.Sequential):
    """Two depthwise-separable 3x3 convolutions, each with batch norm, ELU and dropout."""

    def __init__(self, in_channels: int, out_channels: int, dropout: float) -> None:
        layers: list[nn.Module] = []
        for channels in (in_channels, out_channels):
            layers += [
                nn.Conv2d(channels, channels, 3, padding=1, groups=channels, bias=False),
                nn.Conv2d(channels, out_channels, 1),
                nn.BatchNorm2d(out_channels, eps=EPSILON, momentum=MOMENTUM),
                nn.ELU(inplace=True),
                nn.Dropout(dropout),
            ]
        super().__init__(*layers)


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
