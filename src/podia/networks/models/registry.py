"""Registry of architectures. An architecture is imported when it is first used."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from podia.data.errors import ConfigurationError, nearest_name_hint
from podia.networks.plugins import Plugins
from podia.references import cite

if TYPE_CHECKING:
    from podia.networks.models.network import Network, NetworkConfig

_MODELS = "podia.networks.models"


@dataclass(frozen=True)
class ArchitectureEntry:
    """An architecture: location of its network and configuration, and its default settings.

    Parameters
    ----------
    module
        Module of both classes; it is imported when the architecture is first used.
    config_name, network_name
        Names of the subclasses of :class:`~podia.networks.models.network.NetworkConfig` and
        :class:`~podia.networks.models.network.Network`.
    summary
        One line for ``podia models list``.
    source
        Publication, with its DOI or arXiv number.
    defaults
        Settings that replace those of the configuration class.
    """

    module: str
    config_name: str
    network_name: str
    summary: str
    source: str
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def published(self) -> bool:
        """Whether it reproduces a published system. Such networks are not changed, so that comparisons remain valid."""
        return self.module.startswith(f"{_MODELS}.published.")

    @property
    def config_class(self) -> type[NetworkConfig]:
        """Class of its configuration."""
        config_class: type[NetworkConfig] = getattr(import_module(self.module), self.config_name)
        return config_class

    def configure(self, values: Mapping[str, Any] | None = None) -> NetworkConfig:
        """Return the configuration: `values` override the architecture's defaults, which override the class's.

        Raises
        ------
        ConfigurationError
            If a key is unknown or a value is out of bounds.
        """
        return self.config_class.parse({**self.defaults, **(values or {})})

    def build(self, config: NetworkConfig) -> Network:
        """Build the network for `config`, with weights drawn from torch's global generator."""
        network: Network = getattr(import_module(self.module), self.network_name)(config)
        return network


def _gomez(summary: str, **defaults: object) -> ArchitectureEntry:
    module = f"{_MODELS}.published.convlstm_mobilenet"
    cited = cite("gomez2021")
    return ArchitectureEntry(module, "ConvLstmMobileNetConfig", "ConvLstmMobileNet", summary, cited, defaults)


def _arbelle(summary: str, **defaults: object) -> ArchitectureEntry:
    module = f"{_MODELS}.published.u_lstm"
    return ArchitectureEntry(module, "ULstmConfig", "ULstm", summary, cite("arbelle2019"), defaults)


def _of(module: str, stem: str, summary: str, source: str) -> ArchitectureEntry:
    return ArchitectureEntry(f"{_MODELS}.{module}", f"{stem}Config", stem, summary, source)


ARCHITECTURES: Mapping[str, ArchitectureEntry] = MappingProxyType(
    {
        "podia": _of(
            "podia_net",
            "PodiaNet",
            "podia's own: MobileNetV2 encoder, ConvLSTMs at strides 8 and 16, light decoder. The default.",
            "podia",
        ),
        "unet": _of(
            "unet",
            "UNet",
            "U-Net, five levels of 64 to 1024 channels; single frames.",
            cite("ronneberger2015"),
        ),
        "smp": _of(
            "smp",
            "Smp",
            "segmentation_models.pytorch: network.arch (Unet, FPN, ...) with network.encoder (resnet34, ...); single "
            "frames. Needs podia[smp].",
            "Iakubovskii 2019, segmentation_models.pytorch",
        ),
        "convlstm-mobilenet-b1": _gomez(
            "Gómez-de-Mariscal et al. 2021: five pools, 16 filters.", pools=5, base_filters=16
        ),
        "convlstm-mobilenet-b2": _gomez(
            "Gómez-de-Mariscal et al. 2021: as B3, trained one clip at a time.", pools=4
        ),
        "convlstm-mobilenet-b3": _gomez("Gómez-de-Mariscal et al. 2021: four pools, 25 filters.", pools=4),
        "convlstm-mobilenet-b4": _gomez(
            "Gómez-de-Mariscal et al. 2021: four pools, 50 filters.", pools=4, base_filters=50
        ),
        "convlstm-mobilenet-b5": _gomez(
            "Gómez-de-Mariscal et al. 2021: three pools, 25 filters; the smallest.", pools=3
        ),
        "convlstm-mobilenet-b3-2d": _gomez(
            "Gómez-de-Mariscal et al. 2021: B3 without its ConvLSTM; single frames.", pools=4, recurrent=False
        ),
        "u-lstm-decoder": _arbelle(
            "Arbelle & Riklin Raviv 2019, the paper: a 7x7 ConvLSTM after each concatenation.",
            placement="decoder",
        ),
        "u-lstm-encoder": _arbelle(
            "Arbelle & Riklin Raviv 2019, the public code: a 5x5 ConvLSTM before each encoder level, deeper levels.",
            placement="encoder",
            depths=(128, 256, 256, 512),
            decoder_depths=(32, 64, 128, 256),
            convolutions=2,
            downsampling="strided",
        ),
        "u-lstm-both": _arbelle(
            "Arbelle & Riklin Raviv 2019: ConvLSTMs in encoder and decoder.", placement="both"
        ),
        "u-lstm-none": _arbelle(
            "Arbelle & Riklin Raviv 2019 without ConvLSTMs: a plain U-Net.", placement="none", convolutions=2
        ),
        "resnet18-unet": _of(
            "published.resnet18_unet",
            "ResNet18UNet",
            "Ayanzadeh et al.: ResNet-18 mirrored by a residual decoder; single frames.",
            f"{cite('ayanzadeh')}; {cite('ayanzadeh2021')}",
        ),
        "resnet18-fpn": _of(
            "published.resnet18_fpn",
            "ResNet18Fpn",
            "Ayanzadeh et al.: a feature pyramid on ResNet-18; single frames.",
            cite("ayanzadeh"),
        ),
        "linknet": _of(
            "published.linknet",
            "LinkNet",
            "Chaurasia & Culurciello 2017: ResNet-18 with added skips, light decoder; single frames.",
            cite("chaurasia2017"),
        ),
        "tipnet": _of(
            "published.tipnet",
            "TipNet",
            "Baseline of Ayanzadeh et al.: the frame at five resolutions, joined as in a U-Net; single frames.",
            cite("ayanzadeh"),
        ),
        "sliding-window": _of(
            "published.sliding_window",
            "SlidingWindow",
            "Sliding-window classifier: a small network on a window of 100 px, for every position; single frames.",
            cite("lecun1998"),
        ),
        "mask-rcnn": _of(
            "published.mask_rcnn",
            "MaskRcnn",
            "Lin & Norouzi: Mask R-CNN, ResNet-50 with a feature pyramid; instance segmentation of single frames. "
            "Needs torchvision.",
            f"{cite('lin')}; {cite('he2017')}",
        ),
    }
)
"""podia's own architectures. B2 is the network of B3; the two differ in their training recipes."""

PLUGINS = Plugins("podia.networks", "architecture", {})
"""Architectures of other packages: entry points of the group ``podia.networks``, each an ArchitectureEntry."""


def architecture_names() -> tuple[str, ...]:
    """Return the names of all architectures: podia's own, then those of other packages."""
    return (*ARCHITECTURES, *(name for name in PLUGINS if name not in ARCHITECTURES))


def find_architecture(name: str) -> ArchitectureEntry:
    """Return the architecture of this name.

    Raises
    ------
    ConfigurationError
        If there is none (the message suggests the closest name), or it is from another package and cannot be loaded.
    """
    if name in ARCHITECTURES:
        return ARCHITECTURES[name]
    if name not in PLUGINS:
        names = architecture_names()
        raise ConfigurationError(
            f"Unknown architecture '{name}'.{nearest_name_hint(name, names)} There are: {', '.join(names)}."
        )
    entry = PLUGINS.load(name)
    if not isinstance(entry, ArchitectureEntry):
        raise ConfigurationError(
            f"The architecture '{name}' is not a podia.networks.models.registry.ArchitectureEntry."
        )
    return entry


def build_network(architecture: str, values: Mapping[str, Any] | None = None, *, seed: int = 0) -> Network:
    """Build a network with random weights, determined by `seed`; torch's global generator is not affected.

    Raises
    ------
    ConfigurationError
        If the architecture or a key is unknown, or a value is out of bounds.
    """
    import torch

    entry = find_architecture(architecture)
    config = entry.configure(values)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return entry.build(config)
