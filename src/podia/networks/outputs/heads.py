"""What a network can say about a pixel, and how many channels it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Head = Literal[
    "foreground", "contour", "distance", "mask", "spots", "cells_and_spots", "presence", "instances"
]
"""Names of the heads."""


@dataclass(frozen=True)
class HeadInfo:
    """Channels of a head, in order, and how logits become a prediction."""

    channels: tuple[str, ...]
    activation: Literal["softmax", "sigmoid", "mixed", "identity"]
    meaning: str
    per_pixel: bool = True
    """Whether each pixel is said something of on its own: only then can predictions be averaged or put together from
    tiles, and only then is a network a graph of fixed arithmetic, which other runtimes can take over."""

    @property
    def n_channels(self) -> int:
        """Number of channels."""
        return len(self.channels)

    @property
    def positions_only(self) -> bool:
        """Whether it says where cells are, and nothing of their outlines."""
        return self.channels == ("spot",)


HEADS: Mapping[Head, HeadInfo] = {
    "foreground": HeadInfo(("background", "cell"), "softmax", "Two classes (S0)."),
    "contour": HeadInfo(
        ("background", "cell", "contour"), "softmax", "Three classes, the contour one pixel wide (S1)."
    ),
    "distance": HeadInfo(
        ("cell", "depth", "neighbour"),
        "mixed",
        "Foreground (sigmoid), depth inside the cell over the cell's largest, and closeness of the next cell, "
        "both regressed in 0..1.",
    ),
    "mask": HeadInfo(("cell",), "sigmoid", "One probability (S2, S3)."),
    "spots": HeadInfo(("spot",), "sigmoid", "Gaussian spots at cell centres, regressed (S4)."),
    "cells_and_spots": HeadInfo(
        ("cell", "spot"),
        "sigmoid",
        "Foreground, and Gaussian spots at cell centres, regressed: learns from masks and points together.",
    ),
    "presence": HeadInfo(
        ("spot",), "sigmoid", "Probability that a cell's centre is here (S4's sliding window)."
    ),
    "instances": HeadInfo(
        ("instance", "score"),
        "identity",
        "Number of the cell that a pixel belongs to, 0 for none, and how sure that cell is, 0..1 (S3, Mask R-CNN).",
        per_pixel=False,
    ),
}
"""Every head. Channels after the head's own belong to tips (sigmoid)."""
