"""Engine for OpenVINO and ONNX Runtime: each part is exported as a graph of fixed size on first use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from podia.networks.inference.allocation import keep_freed_memory
from podia.networks.inference.engine import Plane, Traits, traits_of
from podia.networks.inference.parts import Part, PartName, Routing, Sample
from podia.networks.models.network import Network, Tensors
from podia.networks.outputs.base import Prediction

Buffer = Any
"""A tensor of the runtime, ``(1, C, Y, X)`` float32."""
Buffers = tuple[Buffer, ...]
Graph = Callable[[Sequence[Buffer]], Buffers]
"""A compiled part: tensors in, new tensors out."""
Shape = tuple[int, ...]

_EXAMPLE_BLOCKS = (4, 6)
"""Size of the traced frame, in strides; height and width differ, so that axes cannot be confused."""


class Runtime(Protocol):
    """A runtime for graphs."""

    def compile(self, part: Part, example: Tensors, shapes: Sequence[Shape]) -> Graph:
        """Compile `part` for inputs of `shapes`; it may be traced with the smaller `example`."""

    def to_buffer(self, array: NDArray[np.float32]) -> Buffer:
        """Convert `array` to a tensor of the runtime."""

    def to_array(self, buffer: Buffer) -> NDArray[np.float32]:
        """Copy a tensor of the runtime to an array."""


class GraphEngine:
    """An :class:`~podia.networks.inference.engine.Engine` on a `runtime`, for frames of `frame_shape`.

    It works on a copy of the network.
    """

    def __init__(self, network: Network, frame_shape: tuple[int, int], runtime: Runtime) -> None:
        keep_freed_memory()
        self.traits: Traits = traits_of(network)
        self._network = deepcopy(network).to("cpu").eval().requires_grad_(False)
        self._frame_shape = frame_shape
        self._runtime = runtime
        self._parts: dict[tuple[PartName, int], _CompiledPart] = {}
        self._state_shapes = [tuple(tensor.shape) for tensor in self._full_size(0).state]

    def encode(self, frame: Plane) -> Buffers:
        """Return the features of one frame ``(Y, X)``."""
        return self._part("encode")((self._to_buffer(frame),))

    def recur(
        self, features: Buffers, state: Buffers | None, ahead: Sequence[Buffers] = ()
    ) -> tuple[Buffers, Buffers]:
        """Return joined features and the next state."""
        before = self._initial_state() if state is None else state
        inputs_and_state = (*features, *before, *(buffer for later in ahead for buffer in later))
        outputs = self._part("recur", len(ahead))(inputs_and_state)
        n_joined = len(outputs) - len(before)
        return outputs[:n_joined], outputs[n_joined:]

    def decode(self, joined: Buffers) -> Prediction:
        """Return the prediction ``(K, Y, X)``."""
        (prediction,) = self._part("decode")(joined)
        return self._to_prediction(prediction)

    def step(self, frame: Plane, state: Buffers | None) -> tuple[Prediction, Buffers]:
        """Return the prediction of a frame and the next state, with one graph: a tenth faster than three graphs."""
        before = self._initial_state() if state is None else state
        prediction, *after = self._part("step")((self._to_buffer(frame), *before))
        return self._to_prediction(prediction), tuple(after)

    def state_to_arrays(self, state: Buffers) -> list[NDArray[np.float32]]:
        """Return the state's tensors."""
        return [self._runtime.to_array(buffer) for buffer in state]

    def state_from_arrays(self, arrays: Sequence[NDArray[np.float32]]) -> Buffers:
        """Return the state as tensors of the runtime."""
        return tuple(self._runtime.to_buffer(array) for array in arrays)

    def _to_buffer(self, frame: Plane) -> Buffer:
        return self._runtime.to_buffer(np.ascontiguousarray(frame)[None, None])

    def _to_prediction(self, buffer: Buffer) -> Prediction:
        prediction: Prediction = self._runtime.to_array(buffer)[0]
        return prediction

    def _initial_state(self) -> Buffers:
        zeros = (np.zeros(shape, dtype=np.float32) for shape in self._state_shapes)
        return tuple(self._runtime.to_buffer(array) for array in zeros)

    def _part(self, name: PartName, n_ahead: int = 0) -> _CompiledPart:
        if (name, n_ahead) not in self._parts:
            self._parts[name, n_ahead] = self._compile(name, n_ahead)
        return self._parts[name, n_ahead]

    def _compile(self, name: PartName, n_ahead: int) -> _CompiledPart:
        height, width = (blocks * self.traits.stride for blocks in _EXAMPLE_BLOCKS)
        sample = Sample.of(self._network, torch.zeros(1, 1, height, width), n_ahead)
        part = Part(name, self._network, sample)
        with torch.no_grad():
            routing = part.routing(sample.inputs(name))
        if not routing.computes:
            return _CompiledPart(routing, None)
        shapes = [tuple(tensor.shape) for tensor in self._full_size(n_ahead).inputs(name)]
        return _CompiledPart(routing, self._runtime.compile(part, sample.inputs(name), shapes))

    def _full_size(self, n_ahead: int) -> Sample:
        """Run a full-size frame through the network on the meta device: no memory and no computation, only shapes."""
        frame = torch.empty(1, 1, *self._frame_shape, device="meta")
        return Sample.of(deepcopy(self._network).to("meta"), frame, n_ahead)


class _CompiledPart:
    """A compiled part: some outputs are computed by a graph, others are passed through from the inputs."""

    def __init__(self, routing: Routing, graph: Graph | None) -> None:
        self._routing = routing
        self._graph = graph

    def __call__(self, inputs: Buffers) -> Buffers:
        """Return all outputs."""
        return self._routing.route(inputs, () if self._graph is None else self._graph(inputs))
