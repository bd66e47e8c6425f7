"""Sliding-window classifier: whether a cell is at the centre of each window of a frame.

The baseline of a study on learning from scarce annotation of HT1080 cells.

Two convolutions with ReLU and max pooling, then three dense layers. Run on each window separately, almost all of the
computation would be repeated. Written as convolutions (the first dense layer as a convolution over the remaining
window, the others as 1 x 1), the network processes all windows of a frame at once, at steps of 4 px, with the same
result. The study states neither kernels nor channels; here they are those of LeNet (LeCun et al. 1998), which has the
same layers: 6 and 16 channels of 5 x 5, dense layers of 120 and 84.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from torch import Tensor, nn
from torch.nn import functional

from podia.networks.models.frame_network import FrameNetwork, FrameNetworkConfig
from podia.networks.models.initialisation import initialise
from podia.networks.models.network import Tensors
from podia.networks.outputs.center_classification import CenterClassification
from podia.networks.outputs.registry import Head

_STRIDE = 4
"""Stride of two 2 x 2 max poolings."""
_LOST = 12
"""Pixels that two unpadded 5 x 5 convolutions, each followed by max pooling, remove from a window."""


def _whole_steps(window_px: int) -> int:
    if window_px % _STRIDE:
        raise ValueError("the window must be a multiple of 4")
    return window_px


class SlidingWindowConfig(FrameNetworkConfig):
    """Sizes of the study; those of LeNet if the study gives none."""

    head: Head = Field(CenterClassification(), description="What the network predicts.")
    window_px: Annotated[int, AfterValidator(_whole_steps)] = Field(
        100, ge=16, le=256, description="Size of the window, px."
    )
    filters: tuple[int, int] = Field((6, 16), description="Channels of the two convolutions.")
    dense: tuple[int, int] = Field((120, 84), description="Units of the first two dense layers.")


class SlidingWindow(FrameNetwork):
    """Sliding-window classifier: `encode` is the two convolutions, `decode` the three dense layers.

    The frame is padded with 0, the middle of the grey range. Logits are interpolated between windows, which are 4 px
    apart.
    """

    config: SlidingWindowConfig
    stride = _STRIDE

    def __init__(self, config: SlidingWindowConfig) -> None:
        super().__init__(config)
        first, second = config.filters
        wide, narrow = config.dense
        self.first = nn.Conv2d(1, first, 5)
        self.second = nn.Conv2d(first, second, 5)
        self.dense = nn.Sequential(
            nn.Conv2d(second, wide, (config.window_px - _LOST) // _STRIDE),
            nn.ReLU(),
            nn.Conv2d(wide, narrow, 1),
            nn.ReLU(),
            nn.Conv2d(narrow, config.n_outputs, 1),
        )
        initialise(self, config.initialisation)

    def encode(self, frames: Tensor) -> Tensors:
        """Return the convolutional features of all windows of `frames` ``(N, 1, H, W)``."""
        # One window per step of 4 px, centred on it.
        margin = (self.config.window_px - _STRIDE) // 2
        padded = functional.pad(frames, (margin, margin, margin, margin))
        x = functional.max_pool2d(functional.relu(self.first(padded)), 2)
        return (functional.max_pool2d(functional.relu(self.second(x)), 2),)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        logits: Tensor = self.dense(features[0])
        return functional.interpolate(logits, scale_factor=_STRIDE, mode="bilinear", align_corners=False)
