"""ResNet18-UNet (Ayanzadeh et al.): an ImageNet ResNet-18, mirrored by a decoder of residual blocks.

The text of the paper specifies: ResNet-18 (Conv1 to 5) as the encoder; in its lowest stage a single residual block of
1024 channels, the bottleneck; one residual block per stage of the decoder; channels double with the stride;
concatenated skips as in the U-Net; LeCun uniform initialisation for all layers that are not pretrained.

The paper does not specify, and chosen here: the bottleneck is at stride 32, that of the encoder's lowest stage. Four
upsampling steps mirror the doubling of channels (512, 256, 128, 64) and are concatenated with ResNet's features at
strides 16, 8, 4 and 2 (Conv1); a fifth step compensates Conv1's stride before the 1x1 convolution. Upsampling is
nearest-neighbour, as in the paper's other network, without learned weights.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from podia.networks.models.initialisation import initialise
from podia.networks.models.network import Tensors
from podia.networks.models.resnet18 import ResidualBlock, ResNet18Config, ResNet18Network


class ResNet18UNetConfig(ResNet18Config):
    """Sizes of the published network."""

    bottleneck_channels: int = Field(
        1024, ge=16, multiple_of=16, description="Channels of the bottleneck; halved with each upsampling."
    )


class ResNet18UNet(ResNet18Network):
    """ResNet18-UNet: `encode` is ResNet-18, `decode` the bottleneck and the residual decoder."""

    def __init__(self, config: ResNet18UNetConfig) -> None:
        super().__init__(config)
        *skips, deepest = self.encoder.channels
        channels = config.bottleneck_channels
        self.bottleneck = ResidualBlock(deepest, channels)
        self.decoder = nn.ModuleList()
        for skip in reversed(skips):
            self.decoder.append(ResidualBlock(channels + skip, channels // 2))
            channels //= 2
        self.head = nn.Conv2d(channels, config.n_outputs, 1)
        for part in (self.bottleneck, self.decoder, self.head):
            initialise(part, config.initialisation)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        *skips, x = features
        x = self.bottleneck(x)
        for block, skip in zip(self.decoder, reversed(skips), strict=True):
            x = block(torch.cat((_doubled(x), skip), dim=1))
        # The 1x1 convolution comes first: it commutes with nearest upsampling and costs a quarter at this resolution.
        return _doubled(self.head(x))


def _doubled(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="nearest")
