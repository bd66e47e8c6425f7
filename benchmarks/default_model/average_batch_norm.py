"""Batch norm's means and variances over many large batches of training patches, in place of the last few small ones.

OMP_NUM_THREADS=1 python -m benchmarks.default_model.average_batch_norm MODEL OUTPUT POOL ... [--earlier MODEL]

A training on two cores has small batches, whose running means are noisy and whose variances lack what differs between
batches. With `--earlier`, the weights are the average of those of two points of one training (stochastic weight
averaging, Izmailov et al. 2018, arXiv:1803.05407), otherwise they stay as they are.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import tifffile
import torch
from torch import nn

from podia.networks.grey_scaling import scale_grey
from podia.networks.model_file import load_model, save_model

PATCH_PX, BATCH = 192, 16


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("output", type=Path)
    parser.add_argument("pools", type=Path, nargs="+")
    parser.add_argument("--earlier", type=Path)
    parser.add_argument("--batches", type=int, default=24)
    given = parser.parse_args()
    torch.set_num_threads(1)
    network, card = load_model(given.model)
    if given.earlier is not None:
        average_weights(network, load_model(given.earlier)[0])
    average_batch_norm(network, given.pools, given.batches)
    save_model(given.output, network.eval(), card)


def average_weights(network: nn.Module, earlier: nn.Module) -> None:
    """Set the weights of `network` to the mean of its own and those of `earlier`, in place."""
    with torch.no_grad():
        for own, other in zip(network.parameters(), earlier.parameters(), strict=True):
            own.lerp_(other, 0.5)


def average_batch_norm(network: nn.Module, pools: list[Path], n_batches: int) -> None:
    """Set the running means and variances of `network` to averages over `n_batches`, in place."""
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.reset_running_stats()
            module.momentum = None  # a plain average over all batches
    network.train()
    rng = np.random.default_rng(0)
    stacks = [path for pool in pools for path in sorted((pool / "cells" / "images").glob("*.tif"))]
    with torch.no_grad():
        for _ in range(n_batches):
            patches = np.stack([_patch(stacks[rng.integers(len(stacks))], rng) for _ in range(BATCH)])
            network(torch.from_numpy(patches)[:, None, None])
    network.eval()


def _patch(path: Path, rng: np.random.Generator) -> np.ndarray:
    with tifffile.TiffFile(path) as file:
        image = file.asarray(key=int(rng.integers(len(file.pages))))
    y, x = (int(rng.integers(0, n - PATCH_PX + 1)) for n in image.shape)
    # The range that `camera.record` gives every picture.
    return scale_grey(image[y : y + PATCH_PX, x : x + PATCH_PX], 20.0, 170.0)


if __name__ == "__main__":
    main()
