"""Choice of the model, backend and device, before any work and without loading weights."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from podia.data.errors import ConfigurationError, InvalidInputError, MissingDependencyError
from podia.data.movie import Movie
from podia.files.available_memory import available_memory_bytes
from podia.files.checksum import file_sha256
from podia.networks.card import ModelCard, find_model, read_card
from podia.networks.inference.config import InferenceConfig
from podia.networks.inference.resampling import shape_for_model
from podia.networks.outputs.base import DecodeConfig, Output

if TYPE_CHECKING:
    from podia.networks.models.network import NetworkConfig

Backend = Literal["torch", "openvino", "onnx"]
Device = Literal["cpu", "cuda", "mps"]
Precision = Literal["float32", "bfloat16"]

_MODULES: dict[Backend, tuple[str, ...]] = {
    "torch": ("torch",),
    "openvino": ("openvino",),
    "onnx": ("onnxruntime", "onnxscript"),
}
"""Modules and distributions that each backend needs; the first one runs the network."""


_FIXED_THREADS = 2
"""Number of threads for backends whose last bits depend on it: the result must not depend on how many movies run in
parallel or how many cores are free.
"""


_BYTES_PER_RESAMPLED_PIXEL = 4 * 16
"""Memory per pixel, at least: the frame as floats, and the network's feature maps of that size."""
_SMALLEST_FRAME_PX = 16


@dataclass(frozen=True)
class Placement:
    """Backend and device of a network; `threads` is None to use all cores."""

    backend: Backend
    device: Device = "cpu"
    precision: Precision = "float32"
    threads: int | None = None

    def __str__(self) -> str:
        module = _MODULES[self.backend][0]
        return f"{module} {version(module)}, {self.device}, {self.precision}"

    def identity(self) -> dict[str, str | int | None]:
        """Return the properties that predictions depend on."""
        values: dict[str, str | int | None] = asdict(self)
        if self.backend == "openvino" or self.device != "cpu":
            # Measured with 1 to 5 threads: OpenVINO's bits are the same, torch's and ONNX Runtime's are not.
            del values["threads"]
        return values


@dataclass(frozen=True)
class ModelFile:
    """A model file with its checksum and its card."""

    path: Path
    sha256: str
    card: ModelCard

    def require_unchanged(self) -> None:
        """Raise InvalidInputError if the file has changed since it was chosen: a running training may overwrite it."""
        if not self.path.is_file() or file_sha256(self.path) != self.sha256:
            raise InvalidInputError(
                f"The model file {self.path} was changed or removed since this run began. Run the same "
                "command again to use the current file, or copy the model to another folder if a "
                "training is writing it."
            )


@dataclass(frozen=True)
class ResolvedModel(ModelFile):
    """A model, the other models of its ensemble, and the backend that runs them."""

    placement: Placement
    decode: DecodeConfig
    ensemble: tuple[ModelFile, ...] = ()

    @property
    def members(self) -> tuple[ModelFile, ...]:
        """All models; the first one provides the decode settings."""
        return (self, *self.ensemble)

    @property
    def head(self) -> Output[Any, Any]:
        """Output head of the first model."""
        return _network_config(self.card).head

    @property
    def positions_only(self) -> bool:
        """Whether the models predict cell positions without outlines."""
        return _network_config(self.card).head.positions_only

    @property
    def name(self) -> str:
        """The names of all models."""
        return " + ".join(member.card.name for member in self.members)

    def require_whole_frames(self, movie: Movie, config: InferenceConfig) -> None:
        """Reject a movie whose frames, at the model's pixel size, do not fit into memory or do not suit the model.

        Raises
        ------
        ConfigurationError
            If frames need more memory than there is or shrink to nothing, or if the model is an instance detector and
            the frames would be cut into tiles.
        """
        self._require_possible_size(movie, config)
        if _network_config(self.card).head.per_pixel:
            return
        height, width = shape_for_model(
            movie.frame_shape, movie.calibration.pixel_size_um, self.card.pixel_size_um, config
        )
        if config.cuts_into_tiles((height, width)):
            raise ConfigurationError(
                f"The model '{self.card.name}' is an instance detector and needs whole frames; those of "
                f"'{movie.name}', {height} x {width} px at its pixel size, would be cut into tiles. "
                f"Set network.tile_above_megapixels to {math.ceil(height * width / 1e6)} or higher."
            )

    def _require_possible_size(self, movie: Movie, config: InferenceConfig) -> None:
        pixel_size_um = movie.calibration.pixel_size_um
        height, width = shape_for_model(movie.frame_shape, pixel_size_um, self.card.pixel_size_um, config)
        if (height, width) == movie.frame_shape:
            return
        needed, available = _BYTES_PER_RESAMPLED_PIXEL * height * width, available_memory_bytes()
        if needed <= available and min(height, width) >= min(_SMALLEST_FRAME_PX, *movie.frame_shape):
            return
        too_much = f"take {needed / 2**30:,.0f} GiB of memory, and {available / 2**30:,.0f} GiB are free"
        raise ConfigurationError(
            f"The pixel size of '{movie.name}', {pixel_size_um:g} um, cannot be right: rescaled to that "
            f"of the model '{self.card.name}' ({self.card.pixel_size_um:g} um), frames of "
            f"{movie.frame_shape[0]} x {movie.frame_shape[1]} px become {height} x {width} px, which "
            f"{too_much if needed > available else 'show no cells'}. Give the correct one with "
            "--pixel-size-um, or disable rescaling with --set segmentation.network.resample=false."
        )


def choose_model(config: InferenceConfig) -> ResolvedModel:
    """Return the models that `config` names, and their backend.

    Raises
    ------
    InvalidInputError
        If there is no such model (the message suggests the closest name), its weights do not fit its card, or the
        models of an ensemble have different outputs or were trained at different pixel sizes.
    MissingDependencyError
        If the requested backend is not installed.
    ConfigurationError
        If the requested device does not exist, the backend does not support it, or the model's architecture is unknown.
    """
    first, *others = (_open_model(name) for name in (config.model, *config.ensemble))
    for other in others:
        _require_fitting(first, other, config)
    head = _network_config(first.card).head
    own = first.card.decode or head.default_decoding()
    decode = type(own).parse(own.model_dump() | config.decode, section="network.decode")
    placement = choose_placement(config, only_torch=not head.per_pixel)
    return ResolvedModel(first.path, first.sha256, first.card, placement, decode, tuple(others))


def _open_model(path_or_name: str) -> ModelFile:
    from podia.networks.model_file import check_weights

    path = find_model(path_or_name).resolve()
    card = read_card(path)
    check_weights(path, card)
    return ModelFile(path, file_sha256(path), card)


def _network_config(card: ModelCard) -> NetworkConfig:
    from podia.networks.models.registry import find_architecture

    return find_architecture(card.architecture).configure(card.network)


def _require_fitting(first: ModelFile, other: ModelFile, config: InferenceConfig) -> None:
    """Reject models whose predictions cannot be averaged."""
    names = f"'{first.card.name}' and '{other.card.name}'"
    output, other_output = (_prediction_in_words(_network_config(model.card)) for model in (first, other))
    if output != other_output:
        raise InvalidInputError(
            f"The models {names} cannot be averaged: one predicts {output}, the other {other_output}. Use "
            "models with the same head."
        )
    sizes = first.card.pixel_size_um, other.card.pixel_size_um
    if config.resample and not _sizes_fit(*sizes, config.resample_beyond):
        one, two = ("an unknown pixel size" if size is None else f"{size:g} um per pixel" for size in sizes)
        raise InvalidInputError(
            f"The models {names} cannot be averaged: one was trained at {one}, the other at {two}. Use "
            "models with the same pixel size, or disable rescaling with network.resample=false."
        )


def _prediction_in_words(network: NetworkConfig) -> str:
    settings = network.head.model_dump(exclude={"name"}, exclude_defaults=True)
    text = ", ".join(f"{key}={value}" for key, value in settings.items())
    return f"'{network.head.name}{f' ({text})' if text else ''}'{' and tips' if network.tips else ''}"


def _sizes_fit(one: float | None, two: float | None, beyond: float) -> bool:
    if one is None or two is None:
        return one == two
    return max(one, two) <= min(one, two) * (1 + beyond)


def choose_placement(config: InferenceConfig, *, only_torch: bool = False) -> Placement:
    """Return backend and device for `config`; a requested one is never replaced silently.

    `only_torch` is for networks that other runtimes cannot run.

    Raises
    ------
    MissingDependencyError, ConfigurationError
        As :func:`choose_model`.
    """
    backend, device = config.backend, config.device
    if backend != "auto":
        _require_installed(backend)
    if only_torch:
        if backend not in ("auto", "torch"):
            raise ConfigurationError(
                f"Instance detectors (Mask R-CNN) run in torch, not in '{backend}'. "
                f"Use network.backend=torch, or auto."
            )
        backend = "torch"
    if device == "auto":
        device = "cuda" if backend in ("auto", "torch") and _is_available("cuda") else "cpu"
    elif device != "cpu" and not _is_available(device):
        raise ConfigurationError(
            f"The device '{device}' is not available: torch finds none. Use network.device=cpu, or auto."
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
            f"The backend '{backend}' requires {' and '.join(missing)}, which is not installed. Install "
            f'it with: pip install "podia[{backend}]", or use network.backend=auto.'
        )


def _is_available(device: Literal["cuda", "mps"]) -> bool:
    import torch

    return torch.cuda.is_available() if device == "cuda" else torch.backends.mps.is_available()
