"""A Mask R-CNN small enough for tests, and a frame of two discs; tests skip, saying so, without torchvision."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from podia.networks.models.published.mask_rcnn import MaskRcnn
from podia.networks.models.registry import build_network

needs_torchvision = pytest.mark.skipif(
    find_spec("torchvision") is None, reason='needs torchvision: pip install "podia[mask-rcnn]"'
)

SETTINGS: dict[str, Any] = {
    "backbone": "resnet18",
    "norm": "group",
    "channels": 16,
    "box_features": 32,
    "anchor_sizes_px": [8, 16, 32, 64, 128],
    "proposals": 40,
    "max_cells": 20,
}


def small_mask_rcnn(**changes: Any) -> MaskRcnn:
    """Return the network, with few boxes to learn from at a time."""
    network = build_network("mask-rcnn", {**SETTINGS, **changes}, seed=0)
    assert isinstance(network, MaskRcnn)
    for part in (network.rpn, network.roi_heads):
        part.fg_bg_sampler.batch_size_per_image = 48
    return network


def two_discs(size: int = 64) -> tuple[Tensor, Tensor]:
    """Return a frame ``(1, 1, 1, Y, X)`` of two dark discs and its labels, 3 and 7."""
    y, x = np.mgrid[:size, :size]
    labels = np.zeros((size, size), np.float32)
    labels[np.hypot(y - 20, x - 18) < 10] = 3
    labels[np.hypot(y - 44, x - 46) < 8] = 7
    grey = np.where(labels > 0, -0.8, 0.4) + 0.05 * np.random.default_rng(0).normal(size=labels.shape)
    frame, truth = (torch.from_numpy(a.astype(np.float32))[None, None, None] for a in (grey, labels))
    return frame, truth
