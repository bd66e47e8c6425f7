"""Architecture ``dilated``: a stack of dilated convolutions, added to podia by another package.

After ``pip install examples/added_network``, ``podia train examples/added_network/dilated.toml DATA`` trains it.
Inside podia, this file would lie in ``podia/networks/models``, its entry in ``registry.py``, and the recipe in
``podia/training/recipes``: nothing else changes.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor, nn

from podia.networks.models.frame_network import FrameNetwork, FrameNetworkConfig
from podia.networks.models.initialisation import initialise
from podia.networks.models.network import Tensors
from podia.networks.models.registry import ArchitectureEntry


class DilatedConfig(FrameNetworkConfig):
    """Settings: any head fits, see ``network.head``."""

    channels: int = Field(24, ge=1, description="Channels of every layer.")
    dilations: tuple[int, ...] = Field((1, 2, 4, 8), description="Dilation of each 3x3 convolution.")


class Dilated(FrameNetwork):
    """`encode` is the stack of convolutions, `decode` one 1x1 convolution to the channels of the head."""

    config: DilatedConfig

    def __init__(self, config: DilatedConfig) -> None:
        super().__init__(config)
        layers: list[nn.Module] = []
        given = 1
        for dilation in config.dilations:
            layers += [
                nn.Conv2d(given, config.channels, 3, padding=dilation, dilation=dilation, bias=False),
                nn.BatchNorm2d(config.channels),
                nn.ReLU(inplace=True),
            ]
            given = config.channels
        self.layers = nn.Sequential(*layers)
        self.head = nn.Conv2d(given, config.n_outputs, 1)
        initialise(self, config.initialisation)

    def encode(self, frames: Tensor) -> Tensors:
        """Return the features of `frames` ``(N, 1, H, W)``."""
        return (self.layers(frames),)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        logits: Tensor = self.head(features[0])
        return logits


ARCHITECTURE = ArchitectureEntry(
    module="podia_dilated_network",
    config_name="DilatedConfig",
    network_name="Dilated",
    summary="Four dilated convolutions; single frames. An example of an added network.",
    source="Yu & Koltun 2016, Multi-Scale Context Aggregation by Dilated Convolutions, arXiv:1511.07122",
)
