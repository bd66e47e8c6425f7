"""LinkNet (Chaurasia and Culurciello, VCIP 2017): ResNet-18 encoder, additive skips, narrow decoder.

A baseline of Ayanzadeh et al., who give only its name. Structure and sizes are those of the LinkNet paper (tables I and
II) and its public code, 11.5 million parameters. Neither specifies the initialisation: here He et al.'s normal
distribution, as in ResNet.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from podia.networks.models.initialisation import Initialisation, initialise
from podia.networks.models.network import Tensors
from podia.networks.models.resnet18 import ResNet18Config, ResNet18Network

_LAST_CHANNELS = 32
"""Channels of the two convolutions before the last, at stride 2."""


class LinkNetConfig(ResNet18Config):
    """Settings of LinkNet."""

    initialisation: Initialisation = Field(
        "kaiming_normal",
        description="Initialisation of the weights; pretrained weights of the encoder replace them.",
    )


class LinkNet(ResNet18Network):
    """LinkNet: `encode` is ResNet-18; `decode` adds its features to the upsampled ones."""

    def __init__(self, config: LinkNetConfig) -> None:
        super().__init__(config)
        first, *deeper = self.encoder.channels[1:]
        shallower = (first, *deeper[:-1])
        self.decoder = nn.ModuleList(
            LinkBlock(below, above, stride=2)
            for below, above in reversed(list(zip(deeper, shallower, strict=True)))
        )
        self.last_block = LinkBlock(first, first, stride=1)
        self.last = nn.Sequential(
            *_enlarging(first, _LAST_CHANNELS),
            nn.Conv2d(_LAST_CHANNELS, _LAST_CHANNELS, 3, padding=1, bias=False),
            nn.BatchNorm2d(_LAST_CHANNELS),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(_LAST_CHANNELS, config.n_outputs, 2, stride=2),
        )
        for part in (self.decoder, self.last_block, self.last):
            initialise(part, config.initialisation)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        *links, x = features[1:]
        for block, link in zip(self.decoder, reversed(links), strict=True):
            x = block(x) + link
        logits: Tensor = self.last(self.last_block(x))
        return logits


class LinkBlock(nn.Sequential):
    """1x1 convolution to a quarter of the channels, 3x3 transposed convolution, 1x1 to the next level's channels."""

    def __init__(self, in_channels: int, out_channels: int, stride: int) -> None:
        narrow = max(in_channels // 4, 1)
        super().__init__(
            *_pointwise(in_channels, narrow),
            *_enlarging(narrow, narrow, stride),
            *_pointwise(narrow, out_channels),
        )


def _pointwise(in_channels: int, out_channels: int) -> tuple[nn.Module, ...]:
    return (
        nn.Conv2d(in_channels, out_channels, 1, bias=False),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )


def _enlarging(in_channels: int, out_channels: int, stride: int = 2) -> tuple[nn.Module, ...]:
    return (
        nn.ConvTranspose2d(
            in_channels, out_channels, 3, stride=stride, padding=1, output_padding=stride - 1, bias=False
        ),
        nn.BatchNorm2d(out_channels),
        nn.ReLU(inplace=True),
    )
