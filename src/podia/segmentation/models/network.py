"""What every network is: three parts, so that each frame passes the 2-D part once however it is used."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from podia.data.config import StageConfig
from podia.segmentation.heads import HEADS, Head

Tensors = tuple[Tensor, ...]
"""Features of frames, or a state: a fixed number of tensors ``(N, C, H, W)``, which keeps export simple."""


class NetworkConfig(StageConfig):
    """What all networks can be told; each architecture adds its own."""

    head: Head = Field("contour", description="What the network says about a pixel.")
    tips: bool = Field(False, description="Whether a second output marks protrusion tips (S0, figure 5).")

    @property
    def n_outputs(self) -> int:
        """Channels of the logits: those of the head, then one for tips."""
        return HEADS[self.head].n_channels + int(self.tips)


class Network(nn.Module, ABC):
    """A segmentation network, ``encode -> recur -> decode``.

    N is the batch, T time, C grey channels (1), K logits' channels; H and W must be multiples of `stride`.

    - `encode` sees one frame alone and is what window mode caches;
    - `recur` joins the features of a frame with a state (and, where `lookahead` is positive, with the features of
      frames ahead) and gives the next state; networks without recurrence return the features as they came;
    - `decode` turns the joined features into logits.
    """

    stride: int = 1
    """H and W must be multiples of it."""
    window: int | None = None
    """Frames that the network was made to see at a time (S0: 5); None where the state is carried on."""
    lookahead: int = 0
    """Frames after the present one that `recur` can use."""
    supervision: Literal["every", "last"] = "every"
    """Which frames of a clip the published training draws its loss from."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config

    @property
    def recurrent(self) -> bool:
        """Whether there is a state."""
        return True

    @abstractmethod
    def encode(self, frames: Tensor) -> Tensors:
        """Return features of `frames` ``(N, 1, H, W)``, grey values scaled to about [-1, 1], each on its own."""

    @abstractmethod
    def initial_state(self, features: Tensors) -> Tensors:
        """Return the state before the first frame (zeros), for the batch, size and dtype of `features`."""

    @abstractmethod
    def recur(
        self, features: Tensors, state: Tensors, ahead: Sequence[Tensors] = ()
    ) -> tuple[Tensors, Tensors]:
        """Return what `decode` needs and the next state; `ahead` holds up to `lookahead` later frames' features."""

    @abstractmethod
    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""

    def forward(self, clip: Tensor, state: Tensors | None = None) -> tuple[Tensor, Tensors]:
        """Return logits ``(N, T, K, H, W)`` of every frame of `clip` ``(N, T, 1, H, W)``, and the last state.

        The 2-D parts see all frames at once as one batch, as fits training; the recurrence runs in time.
        """
        n, t = clip.shape[:2]
        encoded = self.encode(clip.flatten(0, 1))
        frames = [tuple(f.reshape(n, t, *f.shape[1:])[:, i] for f in encoded) for i in range(t)]
        state = self.initial_state(frames[0]) if state is None else state
        joined: list[Tensors] = []
        for i, features in enumerate(frames):
            out, state = self.recur(features, state, frames[i + 1 : i + 1 + self.lookahead])
            joined.append(out)
        stacked = tuple(torch.stack(parts, dim=1).flatten(0, 1) for parts in zip(*joined, strict=True))
        logits = self.decode(stacked)
        return logits.reshape(n, t, *logits.shape[1:]), state

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that the first stage of training freezes; empty where nothing is pretrained."""
        return []
