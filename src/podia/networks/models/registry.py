"""Every architecture by name. Nothing of an architecture is imported before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from podia.data.errors import ConfigurationError, nearest_name_hint

if TYPE_CHECKING:
    from podia.networks.models.network import Network, NetworkConfig

_MODELS = "podia.networks.models"
_S0 = "Gomez-de-Mariscal et al. 2021, arXiv:2112.08817"
_S1 = "Arbelle & Riklin Raviv, ISBI 2019, arXiv:1805.11247"
_S2 = "Ayanzadeh et al., ResNet18-UNet and ResNet18-FPN for phase contrast"

_S4 = "S4's sliding-window CNN; LeCun et al., Proc. IEEE 86 (1998)"


@dataclass(frozen=True)
class ArchitectureEntry:
    """An architecture: where its network and configuration are, and the values that make it what its name says."""

    module: str
    config_name: str
    network_name: str
    summary: str
    source: str
    defaults: Mapping[str, Any] = field(default_factory=dict)

    @property
    def config_class(self) -> type[NetworkConfig]:
        """The class of its configuration."""
        config_class: type[NetworkConfig] = getattr(
            import_module(f"{_MODELS}.{self.module}"), self.config_name
        )
        return config_class

    def configure(self, values: Mapping[str, Any] | None = None) -> NetworkConfig:
        """Return the configuration: `values` over this architecture's own, and those over the class's.

        Raises
        ------
        ConfigurationError
            On an unknown key or a value out of bounds.
        """
        return self.config_class.parse({**self.defaults, **(values or {})})

    def build(self, config: NetworkConfig) -> Network:
        """Return the network that `config` describes, with weights drawn from torch's global generator."""
        network: Network = getattr(import_module(f"{_MODELS}.{self.module}"), self.network_name)(config)
        return network


def _s0(summary: str, **defaults: object) -> ArchitectureEntry:
    return ArchitectureEntry(
        "published.convlstm_mobilenet", "ConvLstmMobileNetConfig", "ConvLstmMobileNet", summary, _S0, defaults
    )


def _s1(summary: str, **defaults: object) -> ArchitectureEntry:
    return ArchitectureEntry("published.u_lstm", "ULstmConfig", "ULstm", summary, _S1, defaults)


def _of(module: str, stem: str, summary: str, source: str) -> ArchitectureEntry:
    return ArchitectureEntry(module, f"{stem}Config", stem, summary, source)


ARCHITECTURES: Mapping[str, ArchitectureEntry] = MappingProxyType(
    {
        "podia": ArchitectureEntry(
            "podia_net",
            "PodiaNetConfig",
            "PodiaNet",
            "podia's own: MobileNetV2, ConvLSTMs at strides 8 and 16, light decoder. The default.",
            "podia",
        ),
        "convlstm-mobilenet-b1": _s0("S0, five pools, 16 filters.", pools=5, base_filters=16),
        "convlstm-mobilenet-b2": _s0("S0, four pools, 25 filters (B3, trained one clip at a time).", pools=4),
        "convlstm-mobilenet-b3": _s0("S0, four pools, 25 filters.", pools=4),
        "convlstm-mobilenet-b4": _s0("S0, four pools, 50 filters.", pools=4, base_filters=50),
        "convlstm-mobilenet-b5": _s0("S0, three pools, 25 filters: the smallest.", pools=3),
        "convlstm-mobilenet-b3-2d": _s0(
            "S0's B3 without its ConvLSTM: frames one by one.", pools=4, recurrent=False
        ),
        "u-lstm-decoder": _s1(
            "S1 as in the paper: a 7x7 ConvLSTM after each concatenation.", placement="decoder"
        ),
        "u-lstm-encoder": _s1(
            "S1 as in its public code: a 5x5 ConvLSTM before each encoder level, deeper levels.",
            placement="encoder",
            depths=(128, 256, 256, 512),
            decoder_depths=(32, 64, 128, 256),
            convolutions=2,
            downsampling="strided",
        ),
        "u-lstm-both": _s1("S1 with ConvLSTMs in encoder and decoder.", placement="both"),
        "u-lstm-none": _s1("S1 without ConvLSTMs: a plain U-Net.", placement="none", convolutions=2),
        "resnet18-unet": _of(
            "published.resnet18_unet",
            "ResNet18UNet",
            "S2: ResNet-18 mirrored by a residual decoder; frames one by one.",
            _S2,
        ),
        "resnet18-fpn": _of(
            "published.resnet18_fpn",
            "ResNet18Fpn",
            "S2: a feature pyramid on ResNet-18; frames one by one.",
            _S2,
        ),
        "linknet": _of(
            "published.linknet",
            "LinkNet",
            "Beside S2: ResNet-18 with added skips, light decoder; frames one by one.",
            "Chaurasia & Culurciello, VCIP 2017, arXiv:1707.03718",
        ),
        "tipnet": _of(
            "published.tipnet",
            "TipNet",
            "Beside S2: the frame at five resolutions, joined as in a U-Net; frames one by one.",
            "Ayanzadeh et al., TIPTEKNO 2019, as S2 describes it",
        ),
        "unet": _of(
            "unet",
            "UNet",
            "Beside S2 and S3: the U-Net, five levels of 64 to 1024 channels; frames one by one.",
            "Ronneberger et al., MICCAI 2015, arXiv:1505.04597",
        ),
        "sliding-window": _of(
            "published.sliding_window",
            "SlidingWindow",
            "S4's baseline: a small network on a window of 100 px, slid over the frame; frames one by one.",
            _S4,
        ),
        "mask-rcnn": _of(
            "published.mask_rcnn",
            "MaskRcnn",
            "S3: Mask R-CNN, ResNet-50 with a feature pyramid; cells one by one, frames too. Needs torchvision.",
            "Lin & Norouzi, EMBC 2021; He et al., ICCV 2017, arXiv:1703.06870",
        ),
    }
)
"""Every architecture. B2 is B3's network; the two differ in their training recipes."""


def find_architecture(name: str) -> ArchitectureEntry:
    """Return the entry of that name.

    Raises
    ------
    ConfigurationError
        If there is none; the message names the nearest.
    """
    if name not in ARCHITECTURES:
        raise ConfigurationError(
            f"Unknown architecture '{name}'.{nearest_name_hint(name, ARCHITECTURES)} "
            f"There are: {', '.join(ARCHITECTURES)}."
        )
    return ARCHITECTURES[name]


def build_network(architecture: str, values: Mapping[str, Any] | None = None, *, seed: int = 0) -> Network:
    """Return a new network with random weights, the same for the same `seed`; torch's own generator is left alone.

    Raises
    ------
    ConfigurationError
        On an unknown architecture, an unknown key, or a value out of bounds.
    """
    import torch

    entry = find_architecture(architecture)
    config = entry.configure(values)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return entry.build(config)
