"""Memory needed for a training step."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from podia.networks.models.network import Network
from podia.training.recipe import Recipe, StageRecipe

_PER_PARAMETER = 3
"""Copies of each parameter: its gradient and two moments of the optimiser. The parameter itself is not counted."""
_BACKWARD = 1.75
"""Memory of the backward pass relative to the stored activations.

It is less for U-Net, more for U-LSTM; ``benchmarks/training/batch_memory.py`` measures the accuracy.
"""
_ONE_BY_ONE = 1.0
"""The same for Mask R-CNN, relative to the outputs of all layers, of which many are computed in place."""
_FRAMES = 2
"""Number of frames of the sample clip: the first frame has no previous state."""


def batch_bytes(network: Network, recipe: Recipe, stage: StageRecipe) -> int:
    """Estimate the memory of a step of `stage` in bytes, in addition to the network, from a small clip.

    For instance detectors, memory grows with the frame size up to `encode`, and then with the number of boxes, which is
    limited.
    """
    side = 4 * network.stride
    frames = stage.batch_size * (stage.clip_frames or recipe.clips.length)
    areas = frames * recipe.clips.patch_px**2 / side**2
    moments = _PER_PARAMETER * sum(p.numel() * p.element_size() for p in network.parameters())
    was_training = network.training
    network.eval()
    if network.config.head.per_pixel:
        activations = _kept_bytes(network, side, recipe.precision) / _FRAMES * areas * _BACKWARD
    else:
        encoded, after = _output_bytes(network, side)
        activations = (encoded * areas + after * frames) * _ONE_BY_ONE
    network.train(was_training)
    return int(activations + moments)


def _kept_bytes(network: Network, side: int, precision: str) -> int:
    """Return the bytes stored for the backward pass of a clip of two frames, without parameters."""
    own = {parameter.untyped_storage().data_ptr() for parameter in network.parameters()}
    kept: dict[int, int] = {}

    def note(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    device = next(network.parameters()).device
    clip = torch.zeros(1, _FRAMES, 1, side, side, device=device)
    lower = torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16-mixed")
    with lower, torch.enable_grad(), torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        # The result keeps all stored tensors alive, so that no memory address is counted twice.
        logits, state = network(clip)
    del logits, state
    return sum(n_bytes for place, n_bytes in kept.items() if place not in own)


def _output_bytes(network: Network, side: int) -> tuple[int, int]:
    """Return the bytes of all layer outputs for a frame, up to `encode` and after it."""
    sizes: list[int] = []

    def note(_: nn.Module, __: object, output: object) -> None:
        if isinstance(output, Tensor):
            sizes.append(output.numel() * output.element_size())

    hooks = [module.register_forward_hook(note) for module in network.modules() if not any(module.children())]
    with torch.no_grad():
        frame = torch.zeros(1, 1, side, side, device=next(network.parameters()).device)
        network.encode(frame)
        encoded = sum(sizes)
        sizes.clear()
        network(frame[None])
    for hook in hooks:
        hook.remove()
    return encoded, sum(sizes) - encoded
