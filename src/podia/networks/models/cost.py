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
"""About the side of the counted frame; multiply-adds a pixel do not depend on it, but for a margin around the frame."""
_FAINT = 1e-6
"""Grey values of the probe: residual sums, each about a doubling, must not reach the flat end of ReLU6."""


_WIDEST_PX = 4096
"""Receptive fields wider than this count as the whole frame; the widest of podia's own networks is 750 px."""
_NO_FIXED_COST = "given a fixed cost or field of view: measure it on frames"


@dataclass(frozen=True)
class ParameterCounts:
    """Numbers of parameters, counted as in table 2 of Gómez-de-Mariscal et al. 2021."""

    encoder_frozen: int
    """Trained while the pretrained encoder is frozen."""
    fine_tuning: int
    """Trained in all."""
    all: int
    """With the running means and variances of batch norm."""


@dataclass(frozen=True)
class MultiplyAdds:
    """Multiply-adds of the convolutions for a million pixels of one frame, through each part once."""

    encode: int
    recur: int
    decode: int

    @property
    def total(self) -> int:
        """Of a frame with its state carried on."""
        return self.encode + self.recur + self.decode

    def in_window(self, frames: int) -> int:
        """Of a frame whose state is built up anew over a window of `frames`, all but the last encoded before."""
        return self.encode + frames * self.recur + self.decode


@dataclass(frozen=True)
class ReceptiveField:
    """Along one axis, what a stride-aligned block of ``stride`` output pixels sees."""

    side_px: int
    """Side of the square that the block sees; its pixels share their deepest features, so each sees about as much."""
    halo_px: int
    """How far that reaches past the block: the halo for tiles whose borders are multiples of the stride."""


def count_parameters(network: Network) -> ParameterCounts:
    """Return the numbers of parameters; counters of batch norm's updates are not among them."""
    trained = sum(parameter.numel() for parameter in network.parameters())
    pretrained = sum(parameter.numel() for parameter in network.encoder_parameters())
    statistics = sum(buffer.numel() for buffer in network.buffers() if buffer.ndim > 0)
    return ParameterCounts(trained - pretrained, trained, trained + statistics)


def count_multiply_adds(network: Network) -> MultiplyAdds:
    """Return the multiply-adds of all convolutions, counted on tensors without content.

    Biases, batch norm, activations and interpolation are not counted; look-ahead, where a network has it, is in full.

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
    """Return what the architecture of that name costs, without its weights being drawn.

    None for an instance detector, whose arithmetic depends on the number of cells, and for one whose extra is not
    installed.

    Raises
    ------
    ConfigurationError
        If there is none of that name.
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
    """Return what a block of output sees, from the gradient of a copy whose kernels are all positive.

    None for networks that see the whole frame, however large it is: group norm, squeeze-and-excitation and attention
    over the frame mix all pixels.

    For networks with a window over the whole of it; for others in one frame (with look-ahead, all of it): each frame
    further back that the state remembers adds the reach of the recurrent kernels.

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
    """Return `network` with positive kernels that average, so that no path's gradient cancels or saturates."""
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
    """Pools by the mean where the network takes the maximum, whose gradient reaches one pixel of each window alone."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if func is functional.max_pool2d:  # kernel in args, the rest by name
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
