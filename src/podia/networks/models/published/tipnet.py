"""TipNet: the frame at several resolutions, combined by the expanding path of a U-Net.

A baseline of Ayanzadeh et al., who describe it in one sentence: a multi-resolution model similar to a U-Net, in which
"the contracting path is eliminated from U-Net and sequential convolution is replaced with an expanding path". Its own
publication was not available.

Interpretation: no level is computed from the level above it. Instead, the frame is averaged by 2, 4, 8 and 16, each
resolution has its own convolutions, and the expanding path of the U-Net combines them from coarse to fine. The paper
does not specify, and chosen here: two 3x3 convolutions per resolution, and the resolutions, channels and batch norm of
the U-Net, so that the two networks differ only in the contracting path; LeCun uniform initialisation, as in Ayanzadeh
et al.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor
from torch.nn import functional

from podia.networks.models.initialisation import Initialisation
from podia.networks.models.network import Tensors
from podia.networks.models.unet import UNetConfig, UShapedNetwork


class TipNetConfig(UNetConfig):
    """Settings of TipNet: the sizes of the U-Net."""

    initialisation: Initialisation = Field("lecun_uniform", description="Initialisation of the weights.")


class TipNet(UShapedNetwork):
    """TipNet: `encode` processes the frame at every resolution, `decode` combines them."""

    def __init__(self, config: TipNetConfig) -> None:
        super().__init__(config, (1,) * len(config.depths))

    def encode(self, frames: Tensor) -> Tensors:
        """Return the features of each resolution, finest first."""
        finest, *coarser = self.levels
        features: list[Tensor] = [finest(frames)]
        for level in coarser:
            frames = functional.avg_pool2d(frames, 2)
            features.append(level(frames))
        return tuple(features)
