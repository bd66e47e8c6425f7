"""U-Net (Ronneberger et al. 2015), padded so that the output has the size of the frame.

Two 3x3 convolutions with ReLU per level, 2x2 max pooling on the contracting path, 2x2 transposed convolution on the
expanding path, concatenated skips, 1x1 convolution. It is a baseline of Ayanzadeh et al.; Lin & Norouzi train it with
three losses, with Xavier normal initialisation. Neither states whether it had batch norm, which the original lacks.
Here, batch norm is a setting, on by default, because without it the first thousands of steps depend on the random
initial weights.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from podia.networks.models.convolution import convolution
from podia.networks.models.frame_network import FrameNetwork, FrameNetworkConfig
from podia.networks.models.initialisation import Initialisation, initialise
from podia.networks.models.network import Tensors


class UNetConfig(FrameNetworkConfig):
    """Settings of the U-Net; the defaults are the sizes of the original."""

    initialisation: Initialisation = Field(
        "xavier_normal",
        description="Distribution of random initial weights (Lin & Norouzi: xavier_normal).",
    )
    depths: tuple[PositiveInt, ...] = Field(
        (64, 128, 256, 512, 1024),
        min_length=2,
        max_length=7,
        description="Channels of the levels, finest first; each has twice the stride of the previous one.",
    )
    batch_norm: bool = Field(True, description="Batch norm after each convolution.")


class UShapedNetwork(FrameNetwork):
    """A U-shaped network: one block per level, and an expanding path that combines their outputs.

    Parameters
    ----------
    config
        Sizes.
    inputs
        Input channels of each level's block, finest first.
    """

    def __init__(self, config: UNetConfig, inputs: Sequence[int]) -> None:
        super().__init__(config)
        depths, batch_norm = config.depths, config.batch_norm
        self.stride = 2 ** (len(depths) - 1)
        self.levels = nn.ModuleList(
            double_convolution(given, depth, batch_norm=batch_norm)
            for given, depth in zip(inputs, depths, strict=True)
        )
        self.up = ExpandingPath(depths, batch_norm=batch_norm)
        self.head = nn.Conv2d(depths[0], config.n_outputs, 1)
        initialise(self, config.initialisation)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        logits: Tensor = self.head(self.up(features))
        return logits


class UNet(UShapedNetwork):
    """U-Net: `encode` is the contracting path, `decode` the expanding path."""

    def __init__(self, config: UNetConfig) -> None:
        super().__init__(config, (1, *config.depths[:-1]))

    def encode(self, frames: Tensor) -> Tensors:
        """Return every level of the contracting path, finest first."""
        finest, *coarser = self.levels
        features: list[Tensor] = [finest(frames)]
        for level in coarser:
            features.append(level(functional.max_pool2d(features[-1], 2)))
        return tuple(features)


class ExpandingPath(nn.Module):
    """Expanding path: at each level, a transposed convolution, concatenation with the skip, two convolutions."""

    def __init__(self, depths: Sequence[int], *, batch_norm: bool) -> None:
        super().__init__()
        steps = list(zip(depths[1:], depths[:-1], strict=True))[::-1]
        self.enlarge = nn.ModuleList(nn.ConvTranspose2d(below, here, 2, stride=2) for below, here in steps)
        self.join = nn.ModuleList(
            double_convolution(2 * here, here, batch_norm=batch_norm) for _, here in steps
        )

    def forward(self, levels: Sequence[Tensor]) -> Tensor:
        """Return the finest level combined with all coarser ones; `levels` are given finest first."""
        *skips, x = levels
        for enlarge, join, skip in zip(self.enlarge, self.join, reversed(skips), strict=True):
            x = join(torch.cat((enlarge(x), skip), dim=1))
        return x


def double_convolution(in_channels: int, out_channels: int, *, batch_norm: bool) -> nn.Sequential:
    """Return two 3x3 convolutions with ReLU."""
    return nn.Sequential(
        *convolution(in_channels, out_channels, batch_norm=batch_norm),
        *convolution(out_channels, out_channels, batch_norm=batch_norm),
    )
