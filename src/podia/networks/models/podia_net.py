"""podia's own network: ConvLSTMs at low resolution, a light dense decoder, full resolution by pixel shuffle.

It combines ideas of the published temporal networks at a lower cost. The ConvLSTM of Gómez-de-Mariscal et al. 2021, at
full resolution, takes nine tenths of the computation of its network; those of Arbelle & Riklin Raviv 2019, at every
level, three quarters. Here, the narrow linear bottlenecks of a MobileNetV2 encoder feed ConvLSTMs at strides 8 and 16,
where a step costs about a thousand multiply-adds per pixel of the frame. The decoder combines their state with the
other features. Grey values enter the decoder at half resolution, so that thin arms are preserved; the last step to full
resolution is a pixel shuffle.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from pydantic import AfterValidator, Field, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from podia.networks.models.conv_lstm import ConvLstm
from podia.networks.models.convolution import convolution
from podia.networks.models.mobilenet_v2 import MobileNetV2Encoder, Width
from podia.networks.models.network import Network, NetworkConfig, Tensors
from podia.networks.outputs.distance import Distance
from podia.networks.outputs.registry import Head

_TAPS = ("block_0_output", "block_2_output", "block_5_output", "block_12_output")
"""Linear bottlenecks at strides 2, 4, 8 and 16."""


def _known_scale(scale: float) -> float:
    if scale not in (0.5, 1.0, 2.0):
        raise ValueError("the internal scale must be 0.5, 1 or 2")
    return scale


Scale = Annotated[float, AfterValidator(_known_scale)]


class PodiaNetConfig(NetworkConfig):
    """Settings of podia's own network."""

    head: Head = Field(Distance(), description="What the network predicts.")
    width: Width = Field(0.35, description="Width of the MobileNetV2 encoder: 0.35, 0.5, 0.75 or 1.0.")
    recurrent: bool = Field(True, description="Use ConvLSTMs, which connect frames.")
    memory: tuple[PositiveInt, PositiveInt] = Field(
        (32, 64), description="Hidden channels of the ConvLSTMs at strides 8 and 16."
    )
    decoder: tuple[PositiveInt, PositiveInt, PositiveInt] = Field(
        (24, 32, 48), description="Channels of the decoder at strides 2, 4 and 8."
    )
    detail: int = Field(16, ge=4, description="Channels computed from the grey values at stride 2.")
    scale: Scale = Field(
        1.0,
        description="Internal scale of the frames: 0.5 for cells of over 100 px, 2 for cells of 10 px; the output "
        "has the size of the frame.",
    )
    lookahead: int = Field(
        0,
        ge=0,
        le=8,
        description="Number of later frames, which a second set of ConvLSTMs processes backwards.",
    )


class PodiaNet(Network):
    """MobileNetV2 encoder, ConvLSTMs at strides 8 and 16, dense decoder.

    Features of a frame are the encoder's four bottlenecks, fine features of the grey values at stride 2, and the input
    part of the ConvLSTMs' gates. The state is ``(h, c)`` of the ConvLSTMs at strides 8 and 16.
    """

    config: PodiaNetConfig

    def __init__(self, config: PodiaNetConfig) -> None:
        super().__init__(config)
        self.stride = round(16 / config.scale)
        self.lookahead = config.lookahead if config.recurrent else 0
        self.encoder = MobileNetV2Encoder(config.width, _TAPS)
        c2, c4, c8, c16 = self.encoder.channels
        m8, m16 = config.memory
        d2, d4, d8 = config.decoder
        self.detail = convolution(4, config.detail)
        self.memory8 = ConvLstm(c8, m8) if config.recurrent else None
        self.memory16 = ConvLstm(c16, m16) if config.recurrent else None
        self.ahead16 = ConvLstm(c16, m16) if self.lookahead else None
        seen8 = c8 + (m8 if config.recurrent else 0)
        seen16 = c16 + (m16 if config.recurrent else 0) + (m16 if self.lookahead else 0)
        self.enter = convolution(seen16, d8 + 16, kernel=1)
        self.at8 = convolution(d8 + 16 + seen8, d8)
        self.at4 = convolution(d8 + c4, d4)
        self.at2 = convolution(d4 + c2 + config.detail, d2)
        self.out = nn.Conv2d(d2, 4 * config.n_outputs, 3, padding=1)

    @property
    def recurrent(self) -> bool:
        """Whether the network has a state."""
        return self.config.recurrent

    def encode(self, frames: Tensor) -> Tensors:
        """Return bottlenecks at strides 2 to 16, fine features at stride 2, and input gates, for ``(N, 1, H, W)``."""
        frames = _at_scale(frames, self.config.scale)
        taps = self.encoder(frames)
        features = (*taps, self.detail(functional.pixel_unshuffle(frames, 2)))
        if self.memory8 is None or self.memory16 is None:
            return features
        features = (*features, self.memory8.input_gates(taps[2]), self.memory16.input_gates(taps[3]))
        return features if self.ahead16 is None else (*features, self.ahead16.input_gates(taps[3]))

    def initial_state(self, features: Tensors) -> Tensors:
        """Return zeros, ``(h, c)`` of stride 8 and of stride 16; nothing without recurrence."""
        if self.memory8 is None or self.memory16 is None:
            return ()
        return (*self.memory8.initial_state(features[2]), *self.memory16.initial_state(features[3]))

    def recur(
        self, features: Tensors, state: Tensors | None, ahead: Sequence[Tensors] = ()
    ) -> tuple[Tensors, Tensors]:
        """Return the features with the hidden states appended at strides 8 and 16, and the next state."""
        if self.memory8 is None or self.memory16 is None:
            return features, ()
        at2, at4, at8, at16, detail, gates8, gates16 = features[:7]
        before8, before16 = (None, None) if state is None else ((state[0], state[1]), (state[2], state[3]))
        h8, c8 = self.memory8.step(gates8, before8)
        h16, c16 = self.memory16.step(gates16, before16)
        deep = [at16, h16]
        if self.ahead16 is not None:
            seen = None
            for later in reversed(ahead):
                seen = self.ahead16.step(later[7], seen)
            deep.append(self.ahead16.step(features[7], seen)[0])
        return (at2, at4, torch.cat([at8, h8], 1), torch.cat(deep, 1), detail), (h8, c8, h16, c16)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        at2, at4, at8, at16, detail = features
        x = self.at8(torch.cat([_double(self.enter(at16)), at8], 1))
        x = self.at4(torch.cat([_double(x), at4], 1))
        x = self.at2(torch.cat([_double(x), at2, detail], 1))
        return _at_scale(functional.pixel_shuffle(self.out(x), 2), 1.0 / self.config.scale)

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters of the MobileNetV2 encoder."""
        return list(self.encoder.parameters())


def _at_scale(x: Tensor, scale: float) -> Tensor:
    """Resample `x` by `scale`: 0.5 averages 2 x 2 pixels, 2 interpolates linearly."""
    if scale == 1.0:
        return x
    if scale < 1.0:
        return functional.avg_pool2d(x, 2)
    return functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2, mode="nearest")
