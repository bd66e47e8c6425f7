"""TipNet: the frame at several resolutions, joined by a U-Net's expanding path.

A baseline of Ayanzadeh et al. Its own paper (Ayanzadeh et al. 2019, TIPTEKNO) was not at hand; what is known of it:
a multi-resolution model on the lines of a U-Net, in which "the contracting path is eliminated from U-Net and
sequential convolution is replaced with an expanding path".

Read here as: no level is made from the level above it. Instead the frame itself, averaged down by 2, 4, 8 and 16,
passes a sequence of convolutions of its own at each resolution, and the U-Net's expanding path joins them from the
coarsest to the finest. Decided, since nothing is known: two 3x3 convolutions per resolution, and resolutions, channels
and batch norm of the U-Net, so that the two differ in the contracting path alone; LeCun uniform, as in Ayanzadeh et al.
"""

from __future__ import annotations

from pydantic import Field
from torch import Tensor
from torch.nn import functional

from podia.networks.models.initialisation import Initialisation
from podia.networks.models.network import Tensors
from podia.networks.models.unet import UNetConfig, UShapedNetwork


class TipNetConfig(UNetConfig):
    """Sizes, which are the U-Net's."""

    initialisation: Initialisation = Field("lecun_uniform", description="Initialisation of the weights.")


class TipNet(UShapedNetwork):
    """`encode` sees the frame at every resolution, `decode` joins them."""

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
