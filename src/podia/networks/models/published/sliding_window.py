"""Sliding-window classifier: whether a cell lies in the middle of each window of a frame.

The baseline of a study on learning from scarce annotation of HT1080 cells.

Two convolutions with ReLU and maximum, three dense layers. Run on every window anew, almost all of its arithmetic would
be repeated in the next. Written as convolutions (the first dense layer as one over all that is left of a window, the
others 1 x 1) it sees all windows of a frame at once, at steps of 4 px, and gives the same numbers. The study states
neither kernels nor channels; here they are those of LeNet (LeCun et al. 1998), which has these very layers: 6 and 16
channels of 5 x 5, dense layers of 120 and 84.
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
"""Two maxima of 2 x 2."""
_LOST = 12
"""Pixels that two convolutions of 5 x 5, unpadded, with a maximum after each, take off a window's edge."""


def _whole_steps(window_px: int) -> int:
    if window_px % _STRIDE:
        raise ValueError("the window must be a multiple of 4")
    return window_px


class SlidingWindowConfig(FrameNetworkConfig):
    """Sizes of the study, and of LeNet where it gives none."""

    head: Head = Field(CenterClassification(), description="What the network predicts.")
    window_px: Annotated[int, AfterValidator(_whole_steps)] = Field(
        100, ge=16, le=256, description="Size of the window, px."
    )
    filters: tuple[int, int] = Field((6, 16), description="Channels of the two convolutions.")
    dense: tuple[int, int] = Field((120, 84), description="Units of the first two dense layers.")


class SlidingWindow(FrameNetwork):
    """`encode` is the two convolutions, `decode` the three dense layers, on windows at steps of 4 px.

    Around the frame there is nothing (0, the middle of the grey range). Between windows the logits are interpolated.
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
        """Return what the convolutions see of all windows of `frames` ``(N, 1, H, W)``."""
        # As many windows as steps of 4 px, each centred on its step.
        margin = (self.config.window_px - _STRIDE) // 2
        padded = functional.pad(frames, (margin, margin, margin, margin))
        x = functional.max_pool2d(functional.relu(self.first(padded)), 2)
        return (functional.max_pool2d(functional.relu(self.second(x)), 2),)

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        logits: Tensor = self.dense(features[0])
        return functional.interpolate(logits, scale_factor=_STRIDE, mode="bilinear", align_corners=False)
