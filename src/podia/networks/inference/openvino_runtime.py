"""Graphs on OpenVINO, the fastest on most CPUs."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import openvino
import torch
from numpy.typing import NDArray
from openvino.frontend import FrontEndManager
from openvino.frontend.pytorch.ts_decoder import TorchScriptPythonDecoder

from podia.networks.inference.graph_engine import Buffer, Buffers, Graph, Shape
from podia.networks.inference.parts import Part
from podia.networks.models.network import Tensors


class OpenVinoRuntime:
    """A :class:`~podia.networks.inference.graph_engine.Runtime` on OpenVINO's CPU plugin.

    Parameters
    ----------
    threads
        Number of CPU cores.
    precision
        Numerical precision of the graphs; tensors between them are float32.
    """

    def __init__(self, threads: int, precision: Literal["float32", "bfloat16"] = "float32") -> None:
        self._core = openvino.Core()
        self._settings = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_NUM_THREADS": threads,
            "INFERENCE_PRECISION_HINT": {"float32": "f32", "bfloat16": "bf16"}[precision],
            # Pinned threads of several processes would share the same cores.
            "ENABLE_CPU_PINNING": False,
        }

    def compile(self, part: Part, example: Tensors, shapes: Sequence[Shape]) -> Graph:
        """Return `part` compiled for inputs of `shapes`."""
        model = _convert(part, example)
        for parameter, shape in zip(model.get_parameters(), shapes, strict=True):
            parameter.set_element_type(openvino.Type.f32)
            parameter.set_partial_shape(openvino.PartialShape(list(shape)))
        model.validate_nodes_and_infer_types()
        return _OpenVinoGraph(self._core.compile_model(model, "CPU", self._settings))

    def to_buffer(self, array: NDArray[np.float32]) -> Buffer:
        """Return a tensor with a copy of the array, whose memory may be freed earlier."""
        return openvino.Tensor(np.ascontiguousarray(array))

    def to_array(self, buffer: Buffer) -> NDArray[np.float32]:
        """Return a copy, because the memory of the tensor is freed with it."""
        return np.array(buffer.data, dtype=np.float32)


class _OpenVinoGraph:
    """A compiled graph that writes directly into new tensors, without copies."""

    def __init__(self, model: Any) -> None:
        self._request = model.create_infer_request()
        self._outputs = [(output.element_type, output.shape) for output in model.outputs]

    def __call__(self, inputs: Sequence[Buffer]) -> Buffers:
        """Return new tensors."""
        outputs = tuple(openvino.Tensor(kind, shape) for kind, shape in self._outputs)
        for index, tensor in enumerate(inputs):
            self._request.set_input_tensor(index, tensor)
        for index, tensor in enumerate(outputs):
            self._request.set_output_tensor(index, tensor)
        self._request.infer()
        return outputs


def _convert(part: Part, example: Tensors) -> Any:
    """Return `part` as OpenVINO's model.

    Uses the front end directly: ``openvino.convert_model`` is four times as slow, and may report its use over the
    network.
    """
    with warnings.catch_warnings():
        # torch advises torch.export, but OpenVINO 2026.4 cannot read its graphs if an output occurs twice.
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", category=FutureWarning)
        # Sizes inside a network follow from the input size, a multiple of the stride: fixed sizes are intended.
        warnings.filterwarnings("ignore", category=torch.jit.TracerWarning)  # type: ignore[attr-defined]  # not in stubs
        with torch.no_grad():
            traced = torch.jit.trace(  # type: ignore[no-untyped-call]  # torch leaves it untyped
                part.eval(), example, check_trace=False, strict=False
            )
        decoder = TorchScriptPythonDecoder(traced)
        front_end = FrontEndManager().load_by_framework("pytorch")
        # The decoder must outlive the conversion, which reads weights through it.
        model = front_end.convert(front_end.load(decoder))
        del decoder
    return model
