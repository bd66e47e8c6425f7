"""Logits to predictions."""

from __future__ import annotations

import torch
from torch import Tensor

from podia.networks.outputs.heads import HEADS, Head


def activate(logits: Tensor, head: Head) -> Tensor:
    """Return the prediction of `logits` ``(..., K, H, W)``: probabilities, or values in 0..1 where they are regressed.

    Softmax over the channels of ``foreground`` and ``contour``. Logistic for ``mask``, ``presence``, spots and channel
    `cell` of ``distance``, whose depth and neighbour are clamped to 0..1; ``instances`` unchanged. Channels after the
    head's own are protrusion tips (logistic).
    """
    info = HEADS[head]
    own, tips = logits[..., : info.n_channels, :, :], logits[..., info.n_channels :, :, :]
    if info.activation == "softmax":
        own = torch.softmax(own, dim=-3)
    elif info.activation == "sigmoid":
        own = torch.sigmoid(own)
    elif info.activation == "mixed":
        own = torch.cat((torch.sigmoid(own[..., :1, :, :]), own[..., 1:, :, :].clamp(0.0, 1.0)), dim=-3)
    return torch.cat((own, torch.sigmoid(tips)), dim=-3) if tips.shape[-3] else own
