"""Interface of networks: encode, recur, decode, so that each frame passes the 2-D part once in every mode."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import ClassVar, Literal, Self

import torch
from pydantic import Field, model_validator
from torch import Tensor, nn

from podia.data.config import FrozenConfig
from podia.data.errors import ConfigurationError
from podia.networks.outputs.contour import Contour
from podia.networks.outputs.registry import Head

Tensors = tuple[Tensor, ...]
"""Features of frames, or a state: a fixed number of tensors ``(N, C, H, W)``, which keeps export simple."""
PixelLoss = Callable[[Tensor, Tensor], Tensor]
"""``loss(logits (N, K, H, W), target (N, C, H, W)) -> scalar``, unlabelled pixels (-1) left out."""


class NetworkConfig(FrozenConfig):
    """Settings of all networks; each architecture adds its own."""

    names_instances: ClassVar[bool] = False
    """Whether the architecture is an instance detector, which predicts whole cells and not pixels."""

    head: Head = Field(
        Contour(), description="What the network predicts: the name of a head, or a table with its settings."
    )
    tips: bool = Field(False, description="Add an output that marks protrusion tips.")

    @model_validator(mode="after")
    def _head_fits(self) -> Self:
        if self.head.per_pixel == self.names_instances:
            raise ValueError(f"the head '{self.head.name}' is not one that this architecture can have")
        return self

    @property
    def n_outputs(self) -> int:
        """Channels of the logits: those of the head, then one for tips."""
        return self.head.n_channels + int(self.tips)


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
    """Number of frames in the network's window; None where the state is carried on."""
    lookahead: int = 0
    """Frames after the present one that `recur` can use."""
    supervision: Literal["every", "last"] = "every"
    """Frames of a clip that training computes the loss on."""

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
        """Return the state before the first frame (zeros), for the batch, size and dtype of `features`.

        `recur` wants it only where tensors are needed, as in graphs: None says the same, and costs less.
        """

    @abstractmethod
    def recur(
        self, features: Tensors, state: Tensors | None, ahead: Sequence[Tensors] = ()
    ) -> tuple[Tensors, Tensors]:
        """Return what `decode` needs and the next state.

        `state` is None before the first frame; `ahead` holds up to `lookahead` later frames' features.
        """

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
        joined: list[Tensors] = []
        for i, features in enumerate(frames):
            out, after = self.recur(features, state, frames[i + 1 : i + 1 + self.lookahead])
            joined.append(out)
            state = after
        stacked = tuple(torch.stack(parts, dim=1).flatten(0, 1) for parts in zip(*joined, strict=True))
        logits = self.decode(stacked)
        return logits.reshape(n, t, *logits.shape[1:]), after

    def training_loss(
        self, clip: Tensor, target: Tensor, loss: PixelLoss, state: Tensors | None = None
    ) -> tuple[Tensor, Tensors]:
        """Return the training loss of `clip` ``(N, T, 1, H, W)``, and the last state.

        Default: `loss` of the logits against `target` ``(N, T, C, H, W)``. Instance detectors have losses of their own,
        and use `loss` for their masks.
        """
        logits, after = self(clip, state)
        if self.supervision == "last":
            logits, target = logits[:, -1:], target[:, -1:]
        return loss(logits.flatten(0, 1), target.flatten(0, 1)), after

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that the first stage of training freezes; empty where nothing is pretrained."""
        return []


def require_per_pixel(network: Network, purpose: str) -> None:
    """Refuse instance detectors where each pixel must be predicted on its own.

    `purpose` completes "cannot be", and says what to do.

    Raises
    ------
    ConfigurationError
        If `network` is one.
    """
    if not network.config.head.per_pixel:
        raise ConfigurationError(
            f"{type(network).__name__} is an instance detector with a data-dependent graph and cannot be {purpose}."
        )
