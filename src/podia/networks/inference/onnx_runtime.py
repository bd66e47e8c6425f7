"""Graphs on ONNX Runtime."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from numpy.typing import NDArray

from podia.networks.inference.graph_engine import Buffer, Buffers, Graph, Shape
from podia.networks.inference.onnxruntime_loading import load_onnxruntime
from podia.networks.inference.parts import Part
from podia.networks.models.network import Tensors


class OnnxRuntime:
    """A :class:`~podia.networks.inference.graph_engine.Runtime` on ONNX Runtime's CPU provider.

    Its tensors are arrays.

    Parameters
    ----------
    threads
        Number of threads.
    """

    def __init__(self, threads: int) -> None:
        self._onnxruntime = load_onnxruntime()
        self._options = self._onnxruntime.SessionOptions()
        self._options.intra_op_num_threads = threads
        self._options.log_severity_level = 3  # errors

    def compile(
        self,
        part: Part,
        example: Tensors,  # noqa: ARG002 - exported by its shapes alone
        shapes: Sequence[Shape],
    ) -> Graph:
        """Return `part` compiled for inputs of `shapes`."""
        names = [f"given_{number}" for number in range(len(shapes))]
        with _quiet(), torch.no_grad():
            program = torch.onnx.export(
                part.eval(),
                # Only shapes matter, so the content is undefined.
                tuple(torch.empty(shape) for shape in shapes),
                input_names=names,
                dynamo=True,
                verbose=False,
            )
        if program is None:
            raise RuntimeError("torch.onnx.export gave no program.")
        session = self._onnxruntime.InferenceSession(
            program.model_proto.SerializeToString(), self._options, providers=["CPUExecutionProvider"]
        )
        used = {node.name for node in session.get_inputs()}

        def run(inputs: Sequence[Buffer]) -> Buffers:
            feeds = {name: array for name, array in zip(names, inputs, strict=True) if name in used}
            return tuple(session.run(None, feeds))

        return run

    def to_buffer(self, array: NDArray[np.float32]) -> Buffer:
        """Return the array itself."""
        return array

    def to_array(self, buffer: Buffer) -> NDArray[np.float32]:
        """Return the tensor itself, which is an array."""
        array: NDArray[np.float32] = buffer
        return array


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence warnings of the exporter: deprecations inside torch, and the missing torchvision."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
