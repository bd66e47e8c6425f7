"""Engine for PyTorch: CPU, CUDA, or Apple GPU."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from podia.networks.inference.allocation import keep_freed_memory
from podia.networks.inference.engine import Plane, Traits, traits_of
from podia.networks.models.activation import activate
from podia.networks.models.network import Network, Tensors
from podia.networks.outputs.base import Prediction


class TorchEngine:
    """An :class:`~podia.networks.inference.engine.Engine` on PyTorch; it works on a copy of the network.

    Parameters
    ----------
    network
        A network on any device, in any mode.
    device
        torch's name of the device: ``cpu``, ``cuda`` or ``mps``.
    precision
        With ``bfloat16``, convolutions run in bfloat16; the state remains float32, because errors would accumulate over
        frames.
    threads
        Number of CPU cores. Default: torch's own choice. The last bits depend on it.
    """

    def __init__(
        self,
        network: Network,
        device: str = "cpu",
        precision: Literal["float32", "bfloat16"] = "float32",
        threads: int | None = None,
    ) -> None:
        keep_freed_memory()
        self.traits: Traits = traits_of(network)
        self._device = torch.device(device)
        self._precision = precision
        self._threads = threads
        self._network = deepcopy(network).eval().requires_grad_(False).to(self._device)
        # Channels last doubles the speed on CPUs; it must be set outside inference mode.
        self._network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]  # torch's stubs lack it

    def encode(self, frame: Plane) -> Tensors:
        """Return the features of one frame ``(Y, X)``."""
        with self._running():
            planes = torch.from_numpy(np.ascontiguousarray(frame))[None, None].to(self._device)
            return self._network.encode(planes.contiguous(memory_format=torch.channels_last))

    def recur(
        self, features: Tensors, state: Tensors | None, ahead: Sequence[Tensors] = ()
    ) -> tuple[Tensors, Tensors]:
        """Return joined features and the next state."""
        with self._running():
            joined, after = self._network.recur(features, state, ahead)
            return joined, tuple(tensor.float() for tensor in after)

    def decode(self, joined: Tensors) -> Prediction:
        """Return the prediction ``(K, Y, X)``."""
        with self._running():
            logits = self._network.decode(joined).float()
            return _to_array(activate(logits, self.traits.head)[0])

    def step(self, frame: Plane, state: Tensors | None) -> tuple[Prediction, Tensors]:
        """Return the prediction of a frame and the next state."""
        joined, after = self.recur(self.encode(frame), state)
        return self.decode(joined), after

    def state_to_arrays(self, state: Tensors) -> list[NDArray[np.float32]]:
        """Return the state's tensors."""
        return [_to_array(tensor) for tensor in state]

    def state_from_arrays(self, arrays: Sequence[NDArray[np.float32]]) -> Tensors:
        """Return the state on the device."""
        return tuple(_to_device(array, self._device) for array in arrays)

    @contextmanager
    def _running(self) -> Iterator[None]:
        reduced = self._precision == "bfloat16"
        with (
            _threads(self._threads),
            torch.inference_mode(),
            torch.autocast(self._device.type, torch.bfloat16, enabled=reduced),
            # No choice of algorithm by timing and no TF32, so that the same movie always gives the same labels.
            torch.backends.cudnn.flags(benchmark=False, deterministic=True, allow_tf32=False),
        ):
            yield


@contextmanager
def _threads(number: int | None) -> Iterator[None]:
    before = torch.get_num_threads()
    if number is None or number == before:
        yield
        return
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _to_array(tensor: Tensor) -> NDArray[np.float32]:
    # Channels last is a memory order; returned arrays are contiguous in index order.
    return np.ascontiguousarray(tensor.float().cpu().numpy())


def _to_device(array: NDArray[np.float32], device: torch.device) -> Tensor:
    return torch.tensor(array, device=device).contiguous(memory_format=torch.channels_last)
