"""Cost of a network: parameters, multiply-adds, receptive field."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode
from torch.utils.flop_counter import FlopCounterMode

from podia.data.errors import MissingDependencyError
from podia.networks.models.network import Network, require_per_pixel
from podia.networks.models.registry import find_architecture

_COUNTED_PX = 1024
"""Approximate edge of the frame for counting; multiply-adds per pixel do not depend on it, apart from a margin."""
_FAINT = 1e-6
"""Grey value of the probe. Each residual sum about doubles it, and it must not reach the flat end of ReLU6."""


_WIDEST_PX = 4096
"""Wider receptive fields count as the whole frame; the widest of podia's own networks is 750 px."""
_NO_FIXED_COST = "given a fixed cost or field of view: measure it on frames"


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of parameters, counted as in table 2 of Gómez-de-Mariscal et al. 2021."""

    encoder_frozen: int
    """Parameters trained while the pretrained encoder is frozen."""
    fine_tuning: int
    """All trained parameters."""
    all: int
    """All parameters, including the running means and variances of batch norm."""


@dataclass(frozen=True)
class MultiplyAdds:
    """Multiply-adds of the convolutions per million pixels of a frame, for one pass of each part."""

    encode: int
    recur: int
    decode: int

    @property
    def total(self) -> int:
        """Multiply-adds per frame if the state is carried from frame to frame."""
        return self.encode + self.recur + self.decode

    def in_window(self, frames: int) -> int:
        """Return the multiply-adds per frame with cached features and the state rebuilt over a window of `frames`."""
        return self.encode + frames * self.recur + self.decode


@dataclass(frozen=True)
class ReceptiveField:
    """Receptive field of a stride-aligned block of ``stride`` output pixels, along one axis."""

    side_px: int
    """Edge of the square that the block sees. Its pixels share their deepest features, so each sees about as much."""
    halo_px: int
    """Reach beyond the block: the halo for tiles whose borders are multiples of the stride."""


def count_parameters(network: Network) -> ParameterCounts:
    """Count the parameters, without the update counters of batch norm."""
    trained = sum(parameter.numel() for parameter in network.parameters())
    pretrained = sum(parameter.numel() for parameter in network.encoder_parameters())
    statistics = sum(buffer.numel() for buffer in network.buffers() if buffer.ndim > 0)
    return ParameterCounts(trained - pretrained, trained, trained + statistics)


def count_multiply_adds(network: Network) -> MultiplyAdds:
    """Count the multiply-adds of all convolutions, on tensors without content.

    Biases, batch norm, activations and interpolation are not counted; look-ahead is included in full.

    Raises
    ------
    ConfigurationError
        If the network is an instance detector.
    """
    require_per_pixel(network, _NO_FIXED_COST)
    network = deepcopy(network).to("meta").eval()
    side = -(-_COUNTED_PX // network.stride) * network.stride
    frame = torch.empty(1, 1, side, side, device="meta")
    with torch.no_grad():
        with FlopCounterMode(display=False) as encoding:
            features = network.encode(frame)
        with FlopCounterMode(display=False) as recurring:
            joined, _ = network.recur(
                features, network.initial_state(features), [features] * network.lookahead
            )
        with FlopCounterMode(display=False) as decoding:
            network.decode(joined)
    counts = (counter.get_total_flops() / 2 / side**2 for counter in (encoding, recurring, decoding))
    return MultiplyAdds(*(round(per_pixel * 1e6) for per_pixel in counts))


def costs_of_architecture(name: str) -> tuple[ParameterCounts, MultiplyAdds] | None:
    """Return the costs of an architecture, without drawing its weights.

    None for instance detectors, whose costs depend on the number of cells, and if the architecture's extra is not
    installed.

    Raises
    ------
    ConfigurationError
        If there is no such architecture.
    """
    entry = find_architecture(name)
    config = entry.configure()
    if not config.head.per_pixel:
        return None
    try:
        with torch.device("meta"):
            network = entry.build(config)
    except MissingDependencyError:
        return None
    return count_parameters(network), count_multiply_adds(network)


def measure_receptive_field(network: Network) -> ReceptiveField | None:
    """Measure the receptive field of a block of output, from the gradient of a copy with positive kernels.

    None for networks that see the whole frame, however large it is: group norm, squeeze-and-excitation and attention
    over the frame mix all pixels.

    For networks with a window, it is measured over the whole window; for others, in one frame and its look-ahead: each
    earlier frame in the state adds the reach of the recurrent kernels.

    Raises
    ------
    ConfigurationError
        If the network is an instance detector.
    """
    require_per_pixel(network, _NO_FIXED_COST)
    stride = network.stride
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        probe = _positive_copy(network)
        side = 16 * stride
        while True:
            first, last = _seen_rows(probe, side)
            if first > 0 and last < side - 1:
                break
            if side >= _WIDEST_PX:
                return None
            side *= 2
    block = _block_start(side, stride)
    return ReceptiveField(last - first + 1, max(block - first, last - (block + stride - 1)))


def _positive_copy(network: Network) -> Network:
    """Copy `network` with positive, averaging kernels, so that the gradient of no path cancels or saturates."""
    copy = deepcopy(network).double().eval()
    for module in copy.modules():
        if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
            fan_in = module.weight.numel() / module.out_channels
            nn.init.uniform_(module.weight, 0.5 / fan_in, 1.5 / fan_in)
            if module.bias is not None:
                nn.init.zeros_(module.bias)
        elif isinstance(module, nn.BatchNorm2d):
            module.reset_parameters()
    return copy


class _AveragePools(TorchFunctionMode):
    """Replaces maximum by average pooling: the gradient of a maximum reaches only one pixel per window."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is functional.max_pool2d:  # the kernel is in args, the rest are keywords
            func = functional.avg_pool2d
            kwargs = {name: kwargs[name] for name in ("stride", "padding", "ceil_mode")}
        return func(*args, **(kwargs or {}))


def _seen_rows(network: Network, side: int) -> tuple[int, int]:
    """Return the first and last row that the block in the middle of a narrow strip of `side` rows sees."""
    frames = network.window or 1 + network.lookahead
    clip = torch.rand(1, frames, 1, side, network.stride, dtype=torch.float64).add_(0.1)
    clip = clip.mul_(_FAINT).requires_grad_()
    with _AveragePools():
        logits, _ = network(clip)
    start = _block_start(side, network.stride)
    frame = frames - 1 if network.window else 0
    (gradient,) = torch.autograd.grad(logits[:, frame, :, start : start + network.stride].sum(), clip)
    rows = gradient.abs().amax(dim=(0, 1, 2, 4)).nonzero().flatten()
    return int(rows[0]), int(rows[-1])


def _block_start(side: int, stride: int) -> int:
    return side // 2 // stride * stride
