"""Networks of segmentation_models.pytorch (Iakubovskii 2019): eleven decoders on many encoders, for single frames."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from pydantic import Field
from torch import Tensor, nn

from podia.data.errors import ConfigurationError, InvalidInputError, MissingDependencyError
from podia.networks.models.encoder_weights import PretrainedEncoder
from podia.networks.models.frame_network import FrameNetwork, FrameNetworkConfig
from podia.networks.models.initialisation import initialise
from podia.networks.models.network import Tensors
from podia.networks.models.published.torchvision_loading import load_torchvision

_WITH_TOKENS = ("DPT",)
"""Decoders that need more from the encoder than its features."""


class SmpConfig(FrameNetworkConfig):
    """Settings of a network of segmentation_models.pytorch."""

    arch: str = Field(
        "Unet", description="Class of the network: Unet, UnetPlusPlus, MAnet, FPN, DeepLabV3Plus, ..."
    )
    encoder: str = Field("resnet34", description="Name of the encoder, such as resnet34 or tu-convnext_tiny.")
    options: dict[str, Any] = Field(
        default_factory=dict, description="Additional arguments of the class, such as decoder_channels."
    )


class Smp(FrameNetwork):
    """`encode` is the encoder for one grey channel, `decode` the decoder and the segmentation head."""

    config: SmpConfig

    def __init__(self, config: SmpConfig) -> None:
        super().__init__(config)
        model = _create(config)
        self.encoder = SmpEncoder(model.encoder, config.encoder)
        self.decoder = model.decoder
        self.out = model.segmentation_head
        self.stride = int(model.encoder.output_stride)
        initialise(self, config.initialisation)

    def encode(self, frames: Tensor) -> Tensors:
        """Return the frames ``(N, 1, H, W)`` followed by the encoder's features."""
        return tuple(self.encoder(frames))

    def decode(self, features: Tensors) -> Tensor:
        """Return logits ``(N, K, H, W)``."""
        logits: Tensor = self.out(self.decoder(list(features)))
        return logits

    def encoder_parameters(self) -> list[nn.Parameter]:
        """Return the encoder's parameters."""
        return list(self.encoder.parameters())


class SmpEncoder(PretrainedEncoder):
    """An encoder of segmentation_models.pytorch, with its original tensor names."""

    def __init__(self, model: nn.Module, name: str) -> None:
        super().__init__()
        self.model = model
        self.encoder_name = name
        self.naming = f"the encoder '{name}' of segmentation_models.pytorch, as model.NAME"

    def forward(self, frames: Tensor) -> list[Tensor]:
        """Return the frames followed by the features of all levels."""
        features: list[Tensor] = self.model(frames)
        return features

    def imagenet_weights(self) -> Mapping[str, Tensor]:
        """Return the ImageNet tensors downloaded by segmentation_models.pytorch, for one grey channel.

        Raises
        ------
        InvalidInputError
            If they cannot be downloaded, or the encoder has none.
        """
        try:
            pretrained = _load_smp().encoders.get_encoder(
                self.encoder_name, in_channels=1, weights="imagenet"
            )
        except Exception as error:  # no network, no such weights: each raises another exception
            raise InvalidInputError(
                f"The ImageNet weights of '{self.encoder_name}' cannot be loaded ({type(error).__name__}: "
                f"{error}). Give a file (initial_weights = FILE), or start from random weights (none)."
            ) from error
        return {f"model.{name}": tensor for name, tensor in pretrained.state_dict().items()}


def _load_smp() -> ModuleType:
    load_torchvision("segmentation_models.pytorch", "smp")  # may have to declare its operators
    if find_spec("segmentation_models_pytorch") is None:
        raise MissingDependencyError(
            "The architecture 'smp' needs segmentation_models.pytorch, which is not installed: "
            'pip install "podia[smp]".'
        )
    return import_module("segmentation_models_pytorch")


def _create(config: SmpConfig) -> Any:
    smp = _load_smp()
    known = [kind.__name__ for kind in smp.MODEL_ARCHITECTURES_MAPPING.values()]
    fitting = [name for name in known if name not in _WITH_TOKENS]
    if config.arch not in fitting:
        raise ConfigurationError(f"Unknown network.arch '{config.arch}'. There are: {', '.join(fitting)}.")
    try:
        return smp.create_model(
            config.arch,
            encoder_name=config.encoder,
            encoder_weights=None,
            in_channels=1,
            classes=config.n_outputs,
            **config.options,
        )
    except (KeyError, ValueError, TypeError, RuntimeError) as error:
        raise ConfigurationError(
            f"segmentation_models.pytorch cannot build {config.arch} with the encoder '{config.encoder}' and the "
            f"options {config.options}: {error}."
        ) from error
