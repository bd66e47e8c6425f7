"""Which model runs where: settled before any work, and without loading its weights."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from podia.data.errors import ConfigurationError, InvalidInputError, MissingDependencyError
from podia.segmentation.config import NetworkSegmentationConfig
from podia.segmentation.decode_config import DecodeConfig
from podia.segmentation.model_card import ModelCard, find_model, read_card

Backend = Literal["torch", "openvino", "onnx"]
Device = Literal["cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16"]

_MODULES: dict[Backend, tuple[str, ...]] = {
    "torch": ("torch",),
    "openvino": ("openvino",),
    "onnx": ("onnxruntime", "onnxscript"),
}
"""What a backend needs, by the names of modules and distributions; the first one runs the network."""


_FIXED_THREADS = 2
"""Of backends whose last bits depend on the number of threads: a movie must come out the same whether it is run alone
or beside others, however many cores are left to it."""


@dataclass(frozen=True)
class Placement:
    """What runs a network, and where; `threads` is None for as many as there are."""

    backend: Backend
    device: Device = "cpu"
    precision: Precision = "float32"
    threads: int | None = None

    def __str__(self) -> str:
        module = _MODULES[self.backend][0]
        return f"{module} {version(module)}, {self.device}, {self.precision}"

    def identity(self) -> dict[str, str | int | None]:
        """Return all that predictions depend on, to the last bit."""
        values: dict[str, str | int | None] = asdict(self)
        if self.backend == "openvino" or self.device != "cpu":
            # Measured with 1 to 5 threads: OpenVINO's bits are the same, torch's and ONNX Runtime's are not.
            del values["threads"]
        return values


@dataclass(frozen=True)
class ModelChoice:
    """A model file with its card, its checksum, and what runs it."""

    path: Path
    sha256: str
    card: ModelCard
    placement: Placement
    decode: DecodeConfig

    def require_unchanged(self) -> None:
        """Raise InvalidInputError where the file is no longer what was chosen: a training may go on writing it."""
        if not self.path.is_file() or _sha256(self.path) != self.sha256:
            raise InvalidInputError(
                f"The model file {self.path} was changed or removed since this run began. Run the same command again "
                f"to use what is there now, or copy the file to where no training writes it."
            )


def choose_model(config: NetworkSegmentationConfig) -> ModelChoice:
    """Return the model that `config` names, and what will run it.

    Raises
    ------
    InvalidInputError
        If there is no such model (the message names the nearest), or its weights do not fit its card.
    MissingDependencyError
        If the backend that was asked for is not installed.
    ConfigurationError
        If the device that was asked for is not there, the backend does not run on it, or the model's architecture is
        not known.
    """
    from podia.segmentation.models.weights import check_weights

    path = find_model(config.model)
    card = read_card(path)
    check_weights(path, card)
    decode = DecodeConfig.parse(card.decode.model_dump() | config.decode)
    return ModelChoice(path, _sha256(path), card, choose_placement(config), decode)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def choose_placement(config: NetworkSegmentationConfig) -> Placement:
    """Return what runs networks under `config`: nothing that was asked for is replaced by something else.

    Raises
    ------
    MissingDependencyError, ConfigurationError
        As :func:`choose_model`.
    """
    backend, device = config.backend, config.device
    if backend != "auto":
        _require_installed(backend)
    if device == "auto":
        device = "cuda" if backend in ("auto", "torch") and _is_there("cuda") else "cpu"
    elif device != "cpu" and not _is_there(device):
        raise ConfigurationError(
            f"The device '{device}' was asked for, but torch finds none here. Use network.device=cpu, or auto."
        )
    if backend == "auto":
        backend = "openvino" if device == "cpu" and find_spec("openvino") is not None else "torch"
    if backend != "torch" and device != "cpu":
        raise ConfigurationError(
            f"The backend '{backend}' runs on the CPU, not on '{device}'. "
            f"Use network.backend=torch for that device, or network.device=cpu."
        )
    if backend == "onnx" and config.precision != "float32":
        raise ConfigurationError(
            f"The backend 'onnx' runs in float32, not in {config.precision}. Use torch or openvino for that."
        )
    threads = config.threads
    if threads is None and backend != "openvino" and device == "cpu":
        threads = _FIXED_THREADS
    return Placement(backend, device, config.precision, threads)


def _require_installed(backend: Backend) -> None:
    missing = [module for module in _MODULES[backend] if find_spec(module) is None]
    if missing:
        raise MissingDependencyError(
            f"The backend '{backend}' was asked for, but {' and '.join(missing)} cannot be found. "
            f'Install it with: pip install "podia[{backend}]", or use network.backend=auto.'
        )


def _is_there(device: Literal["cuda", "mps"]) -> bool:
    import torch

    return torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()
