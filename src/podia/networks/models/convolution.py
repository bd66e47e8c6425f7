"""Convolution with batch norm and ReLU, used by most networks."""

from __future__ import annotations

from torch import nn


def convolution(
    in_channels: int, out_channels: int, *, kernel: int = 3, batch_norm: bool = True
) -> nn.Sequential:
    """Return a size-preserving convolution, batch norm (instead of a bias) and ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=not batch_norm)
    ]
    if batch_norm:
        layers.append(nn.BatchNorm2d(out_channels))
    return nn.Sequential(*layers, nn.ReLU(inplace=True))
