"""Interface of networks: encode, recur, decode. The 2-D part sees each frame once in every mode."""

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
"""Features of frames, or a state: a fixed number of tensors ``(N, C, H, W)``, which simplifies export."""
PixelLoss = Callable[[Tensor, Tensor], Tensor]
"""``loss(logits (N, K, H, W), target (N, C, H, W)) -> scalar``, unlabelled pixels (-1) are ignored."""


class NetworkConfig(FrozenConfig):
    """Settings of all networks; each architecture adds its own."""

    names_instances: ClassVar[bool] = False
    """Whether the architecture is an instance detector, which predicts cells instead of pixels."""

    head: Head = Field(Contour(), description="Output head: its name, or a table with its name and settings.")
    tips: bool = Field(False, description="Add an output for protrusion tips.")

    @model_validator(mode="after")
    def _head_fits(self) -> Self:
        if self.head.per_pixel == self.names_instances:
            raise ValueError(f"this architecture does not support the head '{self.head.name}'")
        return self

    @property
    def n_outputs(self) -> int:
        """Number of channels of the logits: those of the head, then one for tips."""
        return self.head.n_channels + int(self.tips)


class Network(nn.Module, ABC):
    """A segmentation network, ``encode -> recur -> decode``.

    N is the batch size, T the number of frames, C the number of grey channels (1), K the number of logit channels; H
    and W must be multiples of `stride`.

    - `encode` processes each frame independently; window mode caches its result;
    - `recur` joins the features of a frame with a state (and, where `lookahead` is positive, with the features of
      frames ahead) and returns the next state; networks without recurrence return the features unchanged;
    - `decode` turns the joined features into logits.
    """

    stride: int = 1
    """H and W must be multiples of it."""
    window: int | None = None
    """Number of frames in the network's window; None if the state is carried from frame to frame."""
    lookahead: int = 0
    """Number of later frames that `recur` can use."""
    supervision: Literal["every", "last"] = "every"
    """Frames of a clip on which training computes the loss."""

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self.config = config

    @property
    def recurrent(self) -> bool:
        """Whether the network has a state."""
        return True

    @abstractmethod
    def encode(self, frames: Tensor) -> Tensors:
        """Return features of `frames` ``(N, 1, H, W)``, each processed independently; grey values are about [-1, 1]."""

    @abstractmethod
    def initial_state(self, features: Tensors) -> Tensors:
        """Return the state before the first frame (zeros), for the batch, size and dtype of `features`.

        Only exported graphs need these tensors: for `recur`, None is equivalent and cheaper.
        """

    @abstractmethod
    def recur(
        self, features: Tensors, state: Tensors | None, ahead: Sequence[Tensors] = ()
    ) -> tuple[Tensors, Tensors]:
        """Return the joined features for `decode`, and the next state.

        `state` is None before the first frame; `ahead` holds up to `lookahead` later frames' features.
        """

    @abstractmethod
    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""

    def forward(self, clip: Tensor, state: Tensors | None = None) -> tuple[Tensor, Tensors]:
        """Return logits ``(N, T, K, H, W)`` of every frame of `clip` ``(N, T, 1, H, W)``, and the last state.

        The 2-D parts process all frames as one batch, as is efficient in training; the recurrent part runs over time.
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

        Default: `loss` of the logits against `target` ``(N, T, C, H, W)``. Instance detectors have their own losses,
        and use `loss` for their masks.
        """
        logits, after = self(clip, state)
        if self.supervision == "last":
            logits, target = logits[:, -1:], target[:, -1:]
        return loss(logits.flatten(0, 1), target.flatten(0, 1)), after

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the parameters that the first stage of training freezes; empty if nothing is pretrained."""
        return []


def require_per_pixel(network: Network, purpose: str) -> None:
    """Reject instance detectors where each pixel must be predicted independently.

    `purpose` completes "cannot be" and gives the remedy.

    Raises
    ------
    ConfigurationError
        If `network` is one.
    """
    if not network.config.head.per_pixel:
        raise ConfigurationError(
            f"{type(network).__name__} is an instance detector with a data-dependent graph and cannot be {purpose}."
        )
