"""Interface of a backend: the three parts of a network, for frames of one size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from podia.networks.outputs.base import Output, Prediction

if TYPE_CHECKING:
    from podia.networks.models.network import Network

Plane = NDArray[np.float32]
"""A scaled frame, ``(Y, X)``; both sizes are multiples of the network's stride."""
Features = Any
"""Features of a frame, on the device of the backend; used only by the same engine."""
State = Any
"""Recurrent state, on the device of the backend; None before the first frame."""


@dataclass(frozen=True)
class Traits:
    """Properties of a network that inference needs.

    Parameters
    ----------
    head, tips
        Output head, and whether a channel for tips follows: they define the channels of a prediction.
    stride
        Frame sizes must be multiples of it.
    recurrent
        Whether the network has a recurrent state.
    window
        Window length of the network in frames; None for networks with a recurrent state.
    lookahead
        Number of later frames that the network can use.
    """

    head: Output[Any, Any]
    tips: bool
    stride: int
    recurrent: bool
    window: int | None
    lookahead: int

    @property
    def n_channels(self) -> int:
        """Channels of a prediction, K."""
        return self.head.n_channels + int(self.tips)


def traits_of(network: Network) -> Traits:
    """Return the traits of `network`."""
    return Traits(
        head=network.config.head,
        tips=network.config.tips,
        stride=network.stride,
        recurrent=network.recurrent,
        window=network.window,
        lookahead=network.lookahead,
    )


class Engine(Protocol):
    """A network on a backend, for frames of one size. Later calls do not change values returned earlier."""

    @property
    def traits(self) -> Traits:
        """Traits of the network."""

    def encode(self, frame: Plane) -> Features:
        """Return the features of one frame."""

    def recur(
        self, features: Features, state: State, ahead: Sequence[Features] = ()
    ) -> tuple[Features, State]:
        """Return the features combined with the state (and with the features of later frames), and the next state."""

    def decode(self, joined: Features) -> Prediction:
        """Return the prediction for joined features."""

    def step(self, frame: Plane, state: State) -> tuple[Prediction, State]:
        """Return the prediction of a frame and the next state, in one call.

        This may be faster than three calls; the last bits may differ.
        """

    def state_to_arrays(self, state: State) -> list[NDArray[np.float32]]:
        """Return a state (not None) as arrays that can be stored."""

    def state_from_arrays(self, arrays: Sequence[NDArray[np.float32]]) -> State:
        """Return the exact state that :meth:`state_to_arrays` converted."""
