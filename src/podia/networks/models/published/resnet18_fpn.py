"""ResNet18-FPN (Ayanzadeh et al.): a feature pyramid on an ImageNet ResNet-18 (Lin et al., CVPR 2017).

The paper specifies, in the text and figure 2: lateral 1x1 convolutions to M1-M4 (256 channels), coarser ones added
after nearest upsampling by 2; two 3x3 convolutions each to T1-T4 (128); all upsampled to one size and concatenated;
spatial dropout 0.5; 1x1 convolution; LeCun uniform initialisation for all layers that are not pretrained. (The text has
M4 at 128 channels, the figure at 256. The figure is followed, because M3 can only be added to 256 channels.)

The paper does not specify, and chosen here: the 3x3 convolutions have batch norm and ReLU, like the layers around them;
the T's are concatenated at stride 4, the finest; upsampling to it is nearest-neighbour, as in the pyramid; the logits
are upsampled to full resolution linearly, because steps of 4 px would be visible in outlines.
"""

from __future__ import annotations

import torch
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from podia.networks.models.convolution import convolution
from podia.networks.models.initialisation import initialise
from podia.networks.models.network import Tensors
from podia.networks.models.resnet18 import ResNet18Config, ResNet18Network


class ResNet18FpnConfig(ResNet18Config):
    """Sizes of the published network."""

    pyramid_channels: int = Field(256, ge=1, description="Channels of M1 to M4.")
    segmentation_channels: int = Field(128, ge=1, description="Channels of T1 to T4.")
    dropout: float = Field(
        0.5, ge=0, lt=1, description="Share of the concatenated channels dropped in training."
    )


class ResNet18Fpn(ResNet18Network):
    """ResNet18-FPN: `encode` is ResNet-18, `decode` the pyramid and the final layers."""

    def __init__(self, config: ResNet18FpnConfig) -> None:
        super().__init__(config)
        pyramid, segmentation = config.pyramid_channels, config.segmentation_channels
        stages = self.encoder.channels[1:]
        self.lateral = nn.ModuleList(nn.Conv2d(channels, pyramid, 1) for channels in stages)
        self.towers = nn.ModuleList(
            nn.Sequential(convolution(pyramid, segmentation), convolution(segmentation, segmentation))
            for _ in stages
        )
        self.dropout = nn.Dropout2d(config.dropout)
        self.head = nn.Conv2d(len(stages) * segmentation, config.n_outputs, 1)
        for part in (self.lateral, self.towers, self.head):
            initialise(part, config.initialisation)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        laterals = [lateral(feature) for lateral, feature in zip(self.lateral, features[1:], strict=True)]
        pyramid = [laterals.pop()]  # coarsest first
        while laterals:
            pyramid.append(laterals.pop() + _enlarged(pyramid[-1], 2))
        read = [
            _enlarged(tower(level), 2**steps)
            for steps, (tower, level) in enumerate(zip(self.towers, reversed(pyramid), strict=True))
        ]
        logits = self.head(self.dropout(torch.cat(read, dim=1)))
        return functional.interpolate(logits, scale_factor=4.0, mode="bilinear", align_corners=False)


def _enlarged(x: Tensor, times: int) -> Tensor:
    return x if times == 1 else functional.interpolate(x, scale_factor=float(times), mode="nearest")
