"""U-LSTM (Arbelle & Riklin Raviv 2019): a U-Net with a ConvLSTM at every level."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Literal, Self

import torch
from pydantic import Field, PositiveInt, model_validator
from torch import Tensor, nn
from torch.nn import functional

from podia.networks.models.conv_lstm import ConvLstm, KernelSide, State
from podia.networks.models.initialisation import glorot_uniform
from podia.networks.models.mobilenet_v2 import EPSILON, MOMENTUM
from podia.networks.models.network import Network, NetworkConfig, Tensors
from podia.networks.models.same_padding import SameConv2d
from podia.networks.outputs.contour import Contour
from podia.networks.outputs.registry import Head

States = deque[State | None]

_LEAK = 0.3
"""Slope of the leaky ReLU below zero: Keras' default, as in the public code; the paper does not state it."""


class ULstmConfig(NetworkConfig):
    """Placement and sizes. The defaults are those of the paper; those of the public code are in the registry."""

    head: Head = Field(Contour(), description="What the network predicts.")
    placement: Literal["decoder", "encoder", "both", "none"] = Field(
        "decoder",
        description="Where the ConvLSTMs are: after each concatenation, before each encoder level, ...",
    )
    depths: tuple[PositiveInt, ...] = Field(
        (32, 64, 128, 256),
        min_length=2,
        max_length=6,
        description="Channels of the encoder's levels, finest first.",
    )
    decoder_depths: tuple[PositiveInt, ...] | None = Field(
        None,
        description="Channels of the decoder's levels, finest first. Default: those of the encoder.",
    )
    encoder_kernel: KernelSide = Field(
        5, description="Edge length of the encoder's ConvLSTM kernels in pixels, odd."
    )
    decoder_kernel: KernelSide = Field(
        7, description="Edge length of the decoder's ConvLSTM kernels in pixels, odd."
    )
    convolutions: int = Field(
        1, ge=1, le=4, description="Number of 3x3 convolutions per level: 1 in the paper, 2 in its code."
    )
    downsampling: Literal["max_pool", "strided"] = Field(
        "max_pool",
        description="Between levels: maximum of 2x2 after the skip (paper), or a first convolution of stride 2 (code).",
    )

    @model_validator(mode="after")
    def _same_levels(self) -> Self:
        if self.decoder_depths is not None and len(self.decoder_depths) != len(self.depths):
            raise ValueError(
                f"depths has {len(self.depths)} levels, decoder_depths {len(self.decoder_depths)}: give as many of both"
            )
        return self


class ULstm(Network):
    """The network of Arbelle & Riklin Raviv 2019.

    State: ``(h, c)`` of each ConvLSTM, in the order of computation.

    Levels lie at strides 1, 2, 4, ...; the skips are the encoder levels' outputs (max_pool) or inputs (strided, where
    the finest skip is the frame itself).

    `encode` ends before the first ConvLSTM, and `decode` starts after the last; in between, the clip is processed level
    by level, so that batch norm sees whole clips in training, as in the public code.
    """

    def __init__(self, config: ULstmConfig) -> None:
        super().__init__(config)
        in_encoder = config.placement in ("encoder", "both")
        in_decoder = config.placement in ("decoder", "both")
        self._strided = config.downsampling == "strided"
        self.stride = 2 ** (len(config.depths) - 1)
        coarsest = len(config.depths) - 1
        self.down = nn.ModuleList()
        channels, skips = 1, []
        for level, depth in enumerate(config.depths):
            stride = 2 if self._strided and level < coarsest else 1
            skips.append(channels if self._strided else depth)
            kernel = config.encoder_kernel if in_encoder else None
            self.down.append(Level(channels, depth, kernel, config.convolutions, stride))
            channels = depth
        self.up = nn.ModuleList()
        depths = config.depths if config.decoder_depths is None else config.decoder_depths
        for level in range(coarsest, -1, -1):
            joined = channels + (skips[level] if level < coarsest or self._strided else 0)
            kernel, convolutions = (config.decoder_kernel, 0) if in_decoder else (None, config.convolutions)
            self.up.append(Level(joined, depths[level], kernel, convolutions))
            channels = depths[level]
        self.head = nn.Conv2d(channels, config.n_outputs, 1)
        glorot_uniform(self.head)
        self._in_encoder, self._in_decoder = in_encoder, in_decoder

    @property
    def recurrent(self) -> bool:
        """Whether the network has a state."""
        return self._in_encoder or self._in_decoder

    def encode(self, frames: Tensor) -> Tensors:
        """Return skips and the coarsest level, or `frames` unchanged if the encoder is recurrent."""
        return (frames,) if self._in_encoder else self._descend(frames, 1, deque())

    def initial_state(self, features: Tensors) -> Tensors:
        """Return zeros for each ConvLSTM."""
        height, width = features[0].shape[-2:]  # the finest level's
        zeros: list[Tensor] = []
        for level, memory in self._memories():
            shape = (features[0].shape[0], memory.hidden, height >> level, width >> level)
            zeros += [features[0].new_zeros(shape), features[0].new_zeros(shape)]
        return tuple(zeros)

    def recur(
        self,
        features: Tensors,
        state: Tensors | None,
        ahead: Sequence[Tensors] = (),
    ) -> tuple[Tensors, Tensors]:
        """Return the features after the last ConvLSTM, and the next state."""
        return self._over_time(features, state, 1)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        finest = features[0] if self._in_decoder else self._ascend(features, 1, deque())
        logits: Tensor = self.head(finest)
        return logits

    def forward(self, clip: Tensor, state: Tensors | None = None) -> tuple[Tensor, Tensors]:
        """Return logits ``(N, T, K, H, W)`` of every frame of `clip` ``(N, T, 1, H, W)``, and the last state."""
        n, frames = clip.shape[:2]
        features = self.encode(clip.flatten(0, 1))
        joined, after = self._over_time(features, state, frames)
        logits = self.decode(joined)
        return logits.reshape(n, frames, *logits.shape[1:]), after

    def _over_time(self, features: Tensors, state: Tensors | None, frames: int) -> tuple[Tensors, Tensors]:
        """Return the features after the last ConvLSTM and the next state, for `frames` frames per clip."""
        none_yet = [None for _ in self._memories()]
        states = States(none_yet if state is None else zip(state[::2], state[1::2], strict=True))
        if self._in_encoder:
            features = self._descend(features[0], frames, states)
        if self._in_decoder:
            features = (self._ascend(features, frames, states),)
        return features, tuple(tensor for pair in states if pair is not None for tensor in pair)

    def _descend(self, x: Tensor, frames: int, states: States) -> Tensors:
        """Return the skips, finest first, and the coarsest level; each ConvLSTM's state rotates through `states`."""
        skips: list[Tensor] = []
        for number, level in enumerate(self.down):
            if self._strided:
                skips.append(x)
                x = level(x, frames, states)
                continue
            x = level(x, frames, states)
            if number < len(self.down) - 1:
                skips.append(x)
                x = functional.max_pool2d(x, 2)
        return (*skips, x)

    def _ascend(self, features: Tensors, frames: int, states: States) -> Tensor:
        """Return the finest level; the state of each ConvLSTM rotates through `states`."""
        *skips, x = features
        for number, level in enumerate(self.up):
            if number > 0:
                x = functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)
            if number > 0 or self._strided:  # with max_pool the coarsest level is its own counterpart
                x = torch.cat((x, skips.pop()), dim=1)
            x = level(x, frames, states)
        return x

    def _memories(self) -> Iterator[tuple[int, ConvLstm]]:
        """Yield level and ConvLSTM in the order of computation."""
        for number, level in (*enumerate(self.down), *reversed(list(enumerate(reversed(self.up))))):
            if isinstance(level, Level) and level.memory is not None:
                yield number, level.memory


class Level(nn.Module):
    """A ConvLSTM (if `kernel` is set), then 3x3 convolutions, each with batch norm and leaky ReLU."""

    def __init__(
        self, in_channels: int, depth: int, kernel: int | None, convolutions: int, stride: int = 1
    ) -> None:
        super().__init__()
        self.memory = None if kernel is None else ConvLstm(in_channels, depth, kernel)
        channels = in_channels if kernel is None else depth
        layers: list[nn.Module] = []
        for number in range(convolutions):
            layers += [
                SameConv2d(channels, depth, 3, stride=stride if number == 0 else 1),
                nn.BatchNorm2d(depth, eps=EPSILON, momentum=MOMENTUM),
                nn.LeakyReLU(_LEAK, inplace=True),
            ]
            channels = depth
        self.convolutions = nn.Sequential(*layers)
        glorot_uniform(self.convolutions)

    def forward(self, x: Tensor, frames: int, states: States) -> Tensor:
        """Return the level's output for `x` ``(N * T, C, H, W)``.

        A ConvLSTM takes its state from the left of `states` and appends the next state at the right.
        """
        if self.memory is not None:
            x, state = self.memory.over_time(x, frames, states.popleft())
            states.append(state)
        levels_output: Tensor = self.convolutions(x)
        return levels_output
