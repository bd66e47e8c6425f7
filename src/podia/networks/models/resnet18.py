"""ResNet-18 encoder (He et al., CVPR 2016) for grey frames; tensor names are torchvision's."""

from __future__ import annotations

from pathlib import Path

import torch
from pydantic import Field, PositiveInt
from torch import Tensor, nn
from torch.nn import functional

from podia.networks.models.encoder_weights import PretrainedEncoder
from podia.networks.models.frame_network import FrameNetwork, FrameNetworkConfig
from podia.networks.models.initialisation import Initialisation, initialise
from podia.networks.models.network import Tensors
from podia.networks.pretrained.imagenet_resnet18 import resnet18_weights

IMAGENET_MEAN = (0.485, 0.456, 0.406)
"""Means of ImageNet's red, green and blue, scaled to 0..1, used to train torchvision's weights."""
IMAGENET_STD = (0.229, 0.224, 0.225)
"""Standard deviations of these channels."""


class ResNet18Config(FrameNetworkConfig):
    """Settings of all networks with a ResNet-18 encoder."""

    encoder_channels: tuple[PositiveInt, PositiveInt, PositiveInt, PositiveInt] = Field(
        (64, 128, 256, 512),
        description="Channels of the encoder's four stages; ImageNet weights require 64, 128, 256, 512.",
    )


class ResNet18Network(FrameNetwork):
    """A single-frame network with a ResNet-18 encoder: features at strides 2, 4, 8, 16 and 32."""

    stride = 32

    def __init__(self, config: ResNet18Config) -> None:
        super().__init__(config)
        self.encoder = ResNet18Encoder(config.encoder_channels, config.initialisation)

    def encode(self, frames: Tensor) -> Tensors:
        """Return the encoder's features for `frames` ``(N, 1, H, W)``."""
        features: Tensors = self.encoder(frames)
        return features

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return ResNet-18's parameters."""
        return list(self.encoder.parameters())


class ResNet18Encoder(PretrainedEncoder):
    """Activations of ResNet-18 after its first convolution and after each of its four stages, without the classifier.

    The encoder repeats the frame to three channels and scales it to ImageNet's mean and standard deviation, so that
    callers do not depend on the origin of the weights.
    """

    naming = "ResNet-18 under torchvision's names (conv1.weight, layer1.0.conv1.weight, ...)"

    def __init__(
        self,
        channels: tuple[int, int, int, int] = (64, 128, 256, 512),
        initialisation: Initialisation = "kaiming_normal",
    ) -> None:
        super().__init__()
        first, second, third, fourth = channels
        self.conv1 = nn.Conv2d(3, first, 7, stride=2, padding=3, bias=False)
        self.bn1 = nn.BatchNorm2d(first)
        self.maxpool = nn.MaxPool2d(3, stride=2, padding=1)
        self.layer1 = _stage(first, first, stride=1)
        self.layer2 = _stage(first, second, stride=2)
        self.layer3 = _stage(second, third, stride=2)
        self.layer4 = _stage(third, fourth, stride=2)
        self.channels = (first, *channels)
        """Channels of each feature, finest first."""
        initialise(self, initialisation)

    def imagenet_weights(self) -> Path:
        """Return torchvision's file of the ImageNet weights."""
        return resnet18_weights()

    def forward(self, frames: Tensor) -> Tensors:
        """Return features at strides 2, 4, 8, 16 and 32 for `frames` ``(N, 1, H, W)``, scaled to [-1, 1]."""
        features = [functional.relu(self.bn1(self.conv1(imagenet_channels(frames))), inplace=True)]
        x = self.maxpool(features[0])
        for stage in (self.layer1, self.layer2, self.layer3, self.layer4):
            x = stage(x)
            features.append(x)
        return tuple(features)


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with batch norm and ReLU, the input added before the last ReLU (He et al. 2016, figure 2).

    If stride or channels change, the input passes through a 1x1 convolution with batch norm before the sum.
    """

    def __init__(self, in_channels: int, out_channels: int, stride: int = 1) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, out_channels, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(out_channels)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(out_channels)
        self.downsample: nn.Sequential | None = None
        if stride != 1 or in_channels != out_channels:
            self.downsample = nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, stride=stride, bias=False),
                nn.BatchNorm2d(out_channels),
            )

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output for `x` ``(N, C, H, W)``."""
        residual = functional.relu(self.bn1(self.conv1(x)), inplace=True)
        residual = self.bn2(self.conv2(residual))
        return functional.relu(residual + (x if self.downsample is None else self.downsample(x)))


def imagenet_channels(frames: Tensor) -> Tensor:
    """Convert `frames` ``(N, 1, H, W)``, scaled to [-1, 1], to three channels with ImageNet's mean and deviation."""
    unit = (frames + 1.0) / 2.0
    scaled = [(unit - mean) / std for mean, std in zip(IMAGENET_MEAN, IMAGENET_STD, strict=True)]
    return torch.cat(scaled, dim=1)


def _stage(in_channels: int, out_channels: int, stride: int) -> nn.Sequential:
    return nn.Sequential(
        ResidualBlock(in_channels, out_channels, stride), ResidualBlock(out_channels, out_channels)
    )
