"""Parts of a network as modules with tensors as inputs and outputs, for export to other runtimes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

import torch
from torch import Tensor, nn

from podia.networks.models.activation import activate
from podia.networks.models.network import Network, Tensors, require_per_pixel

PartName = Literal["encode", "recur", "decode", "step"]
"""The three parts, and ``step`` for all of them at once."""

T = TypeVar("T")


@dataclass(frozen=True)
class Sample:
    """Tensors of one frame at each stage of a network: the first frame of a movie, repeated as the frames ahead."""

    frame: Tensor
    features: Tensors
    state: Tensors
    joined: Tensors
    n_ahead: int

    @classmethod
    @torch.no_grad()
    def of(cls, network: Network, frame: Tensor, n_ahead: int = 0) -> Sample:
        """Run `frame` ``(1, 1, Y, X)`` through the network.

        Raises
        ------
        ConfigurationError
            If the network is an instance detector, whose graph depends on the data.
        """
        require_per_pixel(network, "exported as a graph to other programs or runtimes: use it in podia")
        features = network.encode(frame)
        state = network.initial_state(features)
        joined, _ = network.recur(features, state, [features] * n_ahead)
        return cls(frame, features, state, joined, n_ahead)

    def inputs(self, part: PartName) -> Tensors:
        """Return the inputs of a part."""
        inputs = {
            "encode": (self.frame,),
            "recur": (*self.features, *self.state, *(self.features * self.n_ahead)),
            "decode": self.joined,
            "step": (self.frame, *self.state),
        }[part]
        # Tracing compares tensors by identity, so no tensor may appear twice.
        return tuple(tensor.clone() for tensor in inputs)


class Part(nn.Module):
    """A part of a network; `forward` returns the outputs that are neither passed through from the inputs nor repeated.

    ========  ===========================================  ===============================
    part      inputs                                       outputs
    ========  ===========================================  ===============================
    encode    frame ``(1, 1, Y, X)``                       features
    recur     features, state, features of frames ahead    joined features, next state
    decode    joined features                              prediction ``(1, K, Y, X)``
    step      frame, state                                 prediction, next state
    ========  ===========================================  ===============================
    """

    def __init__(self, name: PartName, network: Network, sample: Sample) -> None:
        super().__init__()
        self.name = name
        self.network = network
        self.sizes = (len(sample.features), len(sample.state), sample.n_ahead)

    def forward(self, *inputs: Tensor) -> Tensors:
        """Return the computed outputs."""
        return tuple(_computed(inputs, self._outputs(inputs)))

    def routing(self, inputs: Tensors) -> Routing:
        """Return where the outputs for inputs like these come from."""
        outputs = self._outputs(inputs)
        every = (*inputs, *_computed(inputs, outputs))
        return Routing(
            len(inputs),
            tuple(next(i for i, tensor in enumerate(every) if tensor is output) for output in outputs),
        )

    def _outputs(self, inputs: Tensors) -> Tensors:
        if self.name == "encode":
            return self.network.encode(inputs[0])
        if self.name == "recur":
            joined, after = self._recur(inputs)
            return (*joined, *after)
        if self.name == "decode":
            return (self._decode(inputs),)
        joined, after = self.network.recur(self.network.encode(inputs[0]), inputs[1:])
        return (self._decode(joined), *after)

    def _recur(self, inputs: Tensors) -> tuple[Tensors, Tensors]:
        n_features, n_state, n_ahead = self.sizes
        features, rest = inputs[:n_features], inputs[n_features:]
        state, later = rest[:n_state], rest[n_state:]
        ahead = [later[i * n_features : (i + 1) * n_features] for i in range(n_ahead)]
        return self.network.recur(features, state, ahead)

    def _decode(self, joined: Tensors) -> Tensor:
        return activate(self.network.decode(joined), self.network.config.head)


@dataclass(frozen=True)
class Routing:
    """Origin of the outputs of a part. Most networks pass many inputs through unchanged.

    Each source is the index of a tensor: the `n_inputs` inputs come first, then the computed outputs.
    """

    n_inputs: int
    sources: tuple[int, ...]

    @property
    def computes(self) -> bool:
        """Whether any output is computed."""
        return any(source >= self.n_inputs for source in self.sources)

    def route(self, inputs: Sequence[T], computed: Sequence[T]) -> tuple[T, ...]:
        """Return the outputs, given the inputs and the computed tensors."""
        every = (*inputs, *computed)
        return tuple(every[source] for source in self.sources)


def _computed(inputs: Tensors, outputs: Tensors) -> list[Tensor]:
    computed: list[Tensor] = []
    for tensor in outputs:
        if not any(tensor is known for known in (*inputs, *computed)):
            computed.append(tensor)
    return computed
