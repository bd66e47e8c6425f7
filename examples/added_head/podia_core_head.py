"""Head ``core``: cells by their insides, added to podia by another package.

After ``pip install examples/added_head``, ``podia train podia DATA --set network.head=core`` trains it, and
``podia run`` uses the model like any other. Inside podia, this file would lie in ``podia/networks/outputs`` and its
name in the table of ``registry.py``: nothing else changes.
"""

from __future__ import annotations

from typing import ClassVar, Literal

import numpy as np
from pydantic import Field
from scipy import ndimage as ndi

from podia.data.movie import LabelImage
from podia.labels.cleaning import grow_into
from podia.labels.distances import depth_inside
from podia.labels.foreground import EIGHT_NEIGHBOURS
from podia.networks.outputs.base import (
    AnnotationType,
    CellDecodeConfig,
    Channels,
    Output,
    PartialTargetConfig,
    Prediction,
)


class CoreDecode(CellDecodeConfig):
    """Decode settings."""

    head: Literal["core"] = "core"
    threshold: float = Field(0.5, gt=0, lt=1, description="Probability above which a pixel is cell or core.")
    reach_px: float = Field(4.0, ge=0, le=20, description="How far cells grow from their cores, px.")


class CoreTarget(PartialTargetConfig):
    """Target settings."""

    head: Literal["core"] = "core"
    margin_px: float = Field(3.0, gt=0, description="Distance of the core from the cell's outline, px.")


class Core(Output[CoreDecode, CoreTarget]):
    """Foreground, and cores: what lies deeper than a margin inside a cell. Touching cells have separate cores."""

    name: Literal["core"] = "core"
    channels: ClassVar[tuple[str, ...]] = ("cell", "core")
    losses: ClassVar[tuple[str, ...]] = ("own",)
    meaning: ClassVar[str] = "Probability of a cell, and of the inside of a cell."

    decode_config = CoreDecode
    target_config = CoreTarget

    def draw_target(self, labels: LabelImage, config: CoreTarget, kind: AnnotationType) -> Channels:
        """Return cell 0/1 and core 0/1."""
        core = depth_inside(labels, relative=False) > config.margin_px
        return [(labels > 0).astype(np.float32), core.astype(np.float32)]

    def loss(self, logits, target):
        """Return the mean binary cross-entropy over the labelled pixels of both channels."""
        from torch.nn import functional

        known = (target >= 0).float()
        losses = functional.binary_cross_entropy_with_logits(
            logits.float(), target.float().clamp(min=0), reduction="none"
        )
        return (losses * known).sum() / known.sum().clamp(min=1)

    def cells(self, prediction: Prediction, config: CoreDecode) -> LabelImage:
        """Return cores grown over the foreground, each pixel going to the nearest core."""
        cell, core = prediction
        cores, _ = ndi.label(core > config.threshold, EIGHT_NEIGHBOURS)
        return config.clean(grow_into(cores.astype(np.int32), cell > config.threshold, config.reach_px))

    def explain_decoding(self, config: CoreDecode) -> str:
        """Return how cells are made."""
        return (
            "Regions where `core` exceeds the threshold are cells; each other pixel whose `cell` exceeds it goes to "
            "the nearest of them within the reach."
        )
