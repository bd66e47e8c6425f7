"""Activation: from logits to predictions."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from podia.networks.outputs.base import Output


def activate(logits: Tensor, head: Output[Any, Any]) -> Tensor:
    """Return the prediction for `logits` ``(..., K, H, W)``: the head's activation, and sigmoid for tips."""
    n_channels = head.n_channels
    own, tips = head.activate(logits[..., :n_channels, :, :]), logits[..., n_channels:, :, :]
    return torch.cat((own, torch.sigmoid(tips)), dim=-3) if tips.shape[-3] else own
