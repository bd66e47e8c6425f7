"""A training of a few steps on tiny movies."""

from __future__ import annotations

from typing import Any

from podia.training.recipe import Recipe
from podia.training.train import TrainingResources

CPU = TrainingResources(device="cpu", n_workers=0)


def tiny_recipe(**changes: Any) -> Recipe:
    """Return six steps of a small network of podia's own, in two stages; `changes` replace whole sections."""
    values: dict[str, Any] = {
        "name": "tiny",
        "architecture": "podia",
        "network": {"head": "distance", "memory": [4, 8], "decoder": [8, 8, 8], "detail": 4},
        "clips": {"length": 2, "patch_px": 32, "annotate": "any"},
        "stages": [{"steps": 3}, {"steps": 3, "freeze_encoder": True}],
        "validation": {"every_steps": 2, "max_frames": 1},
    }
    return Recipe.parse({**values, **changes})
