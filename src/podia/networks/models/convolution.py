"""The convolution that most networks are made of."""

from __future__ import annotations

from torch import nn


def convolution(
    in_channels: int, out_channels: int, *, kernel: int = 3, batch_norm: bool = True
) -> nn.Sequential:
    """Return a convolution that keeps the size, batch norm (in place of a bias) and ReLU."""
    layers: list[nn.Module] = [
        nn.Conv2d(in_channels, out_channels, kernel, padding=kernel // 2, bias=not batch_norm)
    ]
    if batch_norm:
        layers.append(nn.BatchNorm2d(out_channels))
    return nn.Sequential(*layers, nn.ReLU(inplace=True))
