"""Export of networks as ONNX graphs for other programs, verified against PyTorch."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from podia.data.errors import InvalidInputError, OutputError
from podia.networks.grey_scaling import GREY_LIMIT
from podia.networks.inference.engine import Plane
from podia.networks.inference.onnxruntime_loading import load_onnxruntime
from podia.networks.inference.parts import Part, Sample
from podia.networks.models.activation import activate
from podia.networks.models.network import Network, Tensors
from podia.networks.outputs.base import Prediction

OPSET = 17
"""ONNX opset of 2022: it has all operations needed here and is supported by other programs' runtimes."""

_EXAMPLE_STRIDES = (4, 6)
"""Size of the traced frame, in strides; height and width differ, so that axes cannot be confused."""
_CHECKED_STRIDES = ((4, 6), (3, 2), (5, 7))
"""Sizes, in strides, at which a graph for any size is compared with PyTorch."""
_LARGEST_DIFFERENCE = 1e-3
"""Largest difference allowed between ONNX Runtime and PyTorch, as a share of an output's largest value (at least 1);
trained networks differ by 1e-5.
"""


@dataclass(frozen=True)
class OnnxGraph:
    """An ONNX model as bytes.

    Parameters
    ----------
    content
        Content of an ``.onnx`` file.
    n_state
        Number of state tensors among inputs and outputs.
    max_difference
        Largest absolute difference of any output between ONNX Runtime and PyTorch, over random inputs.
    """

    content: bytes
    n_state: int
    max_difference: float


class SingleFrame(nn.Module):
    """Wrapper that maps a single scaled frame ``(1, 1, H, W)`` to its prediction ``(1, K, H, W)``.

    It gives the same result as podia for a movie of one frame: the state starts empty, and a network with a window of N
    frames gets the same frame N times. Grey values are clipped as in podia.
    """

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, frame: Tensor) -> Tensor:
        """Return the prediction."""
        features = self.network.encode(frame.clamp(-GREY_LIMIT, GREY_LIMIT))
        joined, state = self.network.recur(features, None)
        for _ in range((self.network.window or 1) - 1):
            joined, state = self.network.recur(features, state)
        return activate(self.network.decode(joined), self.network.config.head)


def predict_single_frame(network: Network, plane: Plane) -> Prediction:
    """Return PyTorch's prediction ``(K, Y, X)`` for one scaled frame ``(Y, X)``."""
    with torch.no_grad():
        prediction: Tensor = SingleFrame(network).eval()(torch.from_numpy(plane)[None, None])
    array: Prediction = prediction[0].numpy()
    return array


def export_step(network: Network, *, size_px: int | None = None, metadata: Mapping[str, str]) -> OnnxGraph:
    """Export one time step: frame and state in, prediction and next state out.

    The inputs are ``frame`` ``(1, 1, H, W)``, scaled to [-1, 1], and ``state_0``, ``state_1``, ... (zeros before the
    first frame; none if the network is not recurrent); the outputs ``prediction`` ``(1, K, H, W)`` and
    ``next_state_0``, ... . Networks that can use later frames are exported without them.

    Parameters
    ----------
    network
        A network on the CPU.
    size_px
        H and W; None allows any multiple of the network's stride.
    metadata
        Metadata stored in the graph.

    Raises
    ------
    InvalidInputError
        If `size_px` is not a multiple of the stride.
    OutputError
        If the graph's outputs differ from those of the network.
    """
    sample = Sample.of(network, _example(network, size_px))
    part = Part("step", network, sample)
    states = [f"state_{number}" for number in range(len(sample.state))]
    return _export(
        part,
        sample.inputs("step"),
        inputs=("frame", *states),
        outputs=("prediction", *(f"next_{name}" for name in states)),
        size_px=size_px,
        metadata=metadata,
    )


def export_single_frame(
    network: Network, *, size_px: int | None = None, metadata: Mapping[str, str]
) -> OnnxGraph:
    """Export :class:`SingleFrame`: ``frame`` in, ``prediction`` out, the state inside.

    Parameters and errors are those of :func:`export_step`.
    """
    return _export(
        SingleFrame(network),
        (_example(network, size_px),),
        inputs=("frame",),
        outputs=("prediction",),
        size_px=size_px,
        metadata=metadata,
    )


def _example(network: Network, size_px: int | None) -> Tensor:
    stride = network.stride
    if size_px is None:
        height, width = (blocks * stride for blocks in _EXAMPLE_STRIDES)
        return torch.zeros(1, 1, height, width)
    if size_px <= 0 or size_px % stride:
        nearest = max(round(size_px / stride), 1) * stride
        raise InvalidInputError(
            f"A size of {size_px} px does not fit this network, whose frames must be multiples of "
            f"{stride} px, such as {nearest}. Remove the size for a file that accepts all of these sizes."
        )
    return torch.zeros(1, 1, size_px, size_px)


def _export(
    module: nn.Module,
    example: Tensors,
    *,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    size_px: int | None,
    metadata: Mapping[str, str],
) -> OnnxGraph:
    module = module.eval()  # otherwise the exporter switches it to training mode
    sizes = None if size_px else {name: {2: "height", 3: "width"} for name in (*inputs, *outputs)}
    model = _trace(module, example, input_names=inputs, output_names=outputs, dynamic_axes=sizes)
    with torch.no_grad():
        _declare_sizes(model, example, module(*example), is_fixed=size_px is not None)
    onnx.helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    content = model.SerializeToString()
    return OnnxGraph(content, len(inputs) - 1, _largest_difference(content, module, example, size_px))


def _trace(module: nn.Module, example: Tensors, **names: Any) -> Any:
    """Trace `module` into an ONNX model.

    torch recommends its newer exporter, which takes 20 to 100 s if frames may have any size; this one takes under 1 s.
    Paddings are traced as constants: they follow from sizes being multiples of the stride.
    """
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        path = Path(folder) / "traced.onnx"
        torch.onnx.export(module, example, path, opset_version=OPSET, dynamo=False, **names)
        return onnx.load(path)


def _declare_sizes(model: Any, example: Tensors, results: Tensor | Tensors, *, is_fixed: bool) -> None:
    """Declare the sizes of inputs and outputs in `model`; variable sizes are height and width over a power of two."""
    given = [*example, *([results] if isinstance(results, Tensor) else results)]
    height, width = example[0].shape[2:]
    for value, tensor in zip([*model.graph.input, *model.graph.output], given, strict=True):
        dims = value.type.tensor_type.shape.dim
        for dim, size in zip(dims, tensor.shape, strict=True):
            dim.dim_value = size
        if not is_fixed:
            dims[2].dim_param = _share("height", height // tensor.shape[2])
            dims[3].dim_param = _share("width", width // tensor.shape[3])


def _share(name: str, divisor: int) -> str:
    return name if divisor == 1 else f"{name}/{divisor}"


def _largest_difference(content: bytes, module: nn.Module, example: Tensors, size_px: int | None) -> float:
    onnxruntime = load_onnxruntime()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    options.log_severity_level = 3  # errors
    session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
    names = [given.name for given in session.get_inputs()]
    largest = 0.0
    for tensors in _random_inputs(example, size_px):
        with torch.no_grad():
            expected = module(*tensors)
        expected = (expected,) if isinstance(expected, Tensor) else expected
        fed = dict(zip(names, (tensor.numpy() for tensor in tensors), strict=True))
        for own, theirs in zip(expected, session.run(None, fed), strict=True):
            difference = _difference(own.numpy(), theirs)
            _require_agreement(difference, magnitude=float(own.abs().max()))
            largest = max(largest, difference)
    return largest


def _require_agreement(difference: float, magnitude: float) -> None:
    if not difference <= _LARGEST_DIFFERENCE * max(magnitude, 1.0):  # NaN counts as a difference
        raise OutputError(
            f"The exported graph differs from the network by {difference:.1g}, with values up to {magnitude:.1g}, "
            f"so it was not written. torch {torch.__version__} does not export it correctly: try another version."
        )


def _random_inputs(example: Tensors, size_px: int | None) -> Iterator[Tensors]:
    """Yield inputs like `example`; if sizes are variable, also inputs of other sizes."""
    generator = torch.Generator().manual_seed(0)
    high, wide = _EXAMPLE_STRIDES
    for rows, columns in [_EXAMPLE_STRIDES] if size_px else _CHECKED_STRIDES:
        yield tuple(
            torch.rand(
                *tensor.shape[:2],
                tensor.shape[2] * rows // high,
                tensor.shape[3] * columns // wide,
                generator=generator,
            )
            .mul_(2)
            .sub_(1)
            for tensor in example
        )


def _difference(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    return float(np.abs(one - other).max()) if one.shape == other.shape else float("inf")
