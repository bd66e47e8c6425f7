"""Every registered architecture, small enough to train in a test."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from podia.networks.models.network import Network
from podia.networks.models.registry import ARCHITECTURES, build_network

_SMALL_S0: dict[str, Any] = {"base_filters": 4, "dropout": 0.0}
_SMALL_S1: dict[str, Any] = {
    "depths": (4, 6, 8),
    "decoder_depths": (5, 6, 7),
    "encoder_kernel": 3,
    "decoder_kernel": 3,
}
_SMALL_RESNET: dict[str, Any] = {"encoder_channels": (8, 8, 12, 16)}
_SMALL_FPN: dict[str, Any] = {
    **_SMALL_RESNET,
    "pyramid_channels": 12,
    "segmentation_channels": 8,
    "dropout": 0.0,
}
_SMALL_UNET: dict[str, Any] = {"depths": (4, 6, 8, 8)}

SMALL: dict[str, tuple[str, dict[str, Any]]] = {
    "podia": ("podia", {}),
    "podia, frames one by one": ("podia", {"recurrent": False}),
    "podia, looking ahead": ("podia", {"lookahead": 2}),
    "podia, with tips": ("podia", {"tips": True}),
    "b1": ("convlstm-mobilenet-b1", _SMALL_S0),
    "b2": ("convlstm-mobilenet-b2", _SMALL_S0),
    "b3": ("convlstm-mobilenet-b3", _SMALL_S0),
    "b3, with tips": ("convlstm-mobilenet-b3", {**_SMALL_S0, "tips": True}),
    "b3, wider encoder": ("convlstm-mobilenet-b3", {**_SMALL_S0, "width": 0.5}),
    "b4": ("convlstm-mobilenet-b4", _SMALL_S0),
    "b5": ("convlstm-mobilenet-b5", _SMALL_S0),
    "b3-2d": ("convlstm-mobilenet-b3-2d", _SMALL_S0),
    "u-lstm-decoder": ("u-lstm-decoder", _SMALL_S1),
    "u-lstm-encoder": ("u-lstm-encoder", _SMALL_S1),
    "u-lstm-both": ("u-lstm-both", _SMALL_S1),
    "u-lstm-none": ("u-lstm-none", _SMALL_S1),
    "resnet18-unet": ("resnet18-unet", {**_SMALL_RESNET, "bottleneck_channels": 32}),
    "resnet18-fpn": ("resnet18-fpn", _SMALL_FPN),
    "resnet18-fpn, with contours and tips": (
        "resnet18-fpn",
        {**_SMALL_FPN, "head": "contour", "tips": True},
    ),
    "linknet": ("linknet", _SMALL_RESNET),
    "tipnet": ("tipnet", _SMALL_UNET),
    "unet": ("unet", _SMALL_UNET),
    "unet, without batch norm": (
        "unet",
        {
            "depths": (8, 12, 16),
            "batch_norm": False,
            "initialisation": "kaiming_normal",
            "head": "distance",
        },
    ),
    "sliding-window": ("sliding-window", {"window_px": 24, "filters": (6, 8), "dense": (16, 12)}),
    "u-lstm-both, strided": (
        "u-lstm-both",
        {**_SMALL_S1, "downsampling": "strided", "head": {"name": "binary", "softmax": True}},
    ),
}
"""Situation, to architecture and settings."""

PER_PIXEL = [
    name for name, entry in ARCHITECTURES.items() if name != "smp" and entry.configure().head.per_pixel
]
"""Architectures that predict each pixel; Mask R-CNN, which does not, and smp, an extra, have tests of their own."""


def build_small(situation: str) -> Network:
    architecture, values = SMALL[situation]
    return build_network(architecture, values, seed=1)


def random_clip(network: Network, *, n: int = 1, frames: int = 2, height: int = 2, width: int = 2) -> Tensor:
    """Return a clip ``(N, T, 1, H, W)``, height and width in strides of the network."""
    generator = torch.Generator().manual_seed(0)
    return torch.randn(n, frames, 1, height * network.stride, width * network.stride, generator=generator)
