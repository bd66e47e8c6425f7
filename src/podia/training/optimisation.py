"""Optimisers and learning-rate schedules."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn

from podia.training.recipe import StageRecipe


def build_optimiser(parameters: Iterable[nn.Parameter], stage: StageRecipe) -> torch.optim.Optimizer:
    """Build the optimiser of a stage for `parameters` that need gradients."""
    trained = [p for p in parameters if p.requires_grad]
    rate, decay = stage.learning_rate, stage.weight_decay
    if stage.optimiser == "adam":
        return torch.optim.Adam(trained, lr=rate, weight_decay=decay)
    if stage.optimiser == "adamw":
        return torch.optim.AdamW(trained, lr=rate, weight_decay=decay)
    if stage.optimiser == "rmsprop":
        # The constants of TensorFlow 1, used by Arbelle & Riklin Raviv 2019.
        return torch.optim.RMSprop(trained, lr=rate, weight_decay=decay, alpha=0.9, eps=1e-10)
    return torch.optim.SGD(trained, lr=rate, momentum=stage.momentum, weight_decay=decay)


def learning_rate(stage: StageRecipe, step: int) -> float:
    """Return the learning rate of `step` (from 0) of a stage."""
    if step < stage.warm_up_steps:
        return stage.learning_rate * (step + 1) / (stage.warm_up_steps + 1)
    if stage.schedule == "constant":
        return stage.learning_rate
    done = (step - stage.warm_up_steps) / max(1, stage.steps - stage.warm_up_steps)
    if stage.schedule == "cosine":
        return float(stage.learning_rate * 0.5 * (1.0 + math.cos(math.pi * done)))
    return float(stage.learning_rate * 0.1 ** int(3 * done))
