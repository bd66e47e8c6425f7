"""A small recurrent network that finds the crawling discs, trained in a second or two, as a model file."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from podia.data.grey_range import grey_range
from podia.data.movie import Movie
from podia.networks.card import ModelCard, TrainingData
from podia.networks.grey_scaling import scale_grey
from podia.networks.model_file import save_model
from podia.networks.models.registry import build_network
from podia.networks.outputs.binary import BinaryDecode
from podia.testing.small_movies import as_phase_contrast, crawling_discs

ARCHITECTURE = "u-lstm-decoder"
SETTINGS = {"depths": (4, 6, 8), "decoder_kernel": 3, "head": {"name": "binary", "softmax": True}}
_N_STEPS = 40


def write_trained_model(folder: Path, *, pixel_size_um: float | None = None) -> Path:
    """Train on one rendering of the discs and write ``discs.safetensors``; return its path."""
    labels = crawling_discs()
    movie = Movie.from_array(as_phase_contrast(labels, seed=100))
    clip = torch.from_numpy(np.stack([scale_grey(frame, *grey_range(movie)) for frame in movie]))[
        None, :, None
    ]
    target = torch.from_numpy((labels > 0).astype(np.int64))[None]
    network = build_network(ARCHITECTURE, SETTINGS, seed=0).train()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = 0.3  # fifty steps are few for a running mean
    optimiser = torch.optim.Adam(network.parameters(), lr=0.02)
    for step in range(_N_STEPS):
        part = slice(step % 4, step % 4 + 3)
        logits, _ = network(clip[:, part])
        loss = functional.cross_entropy(logits.flatten(0, 1), target[:, part].flatten(0, 1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    card = ModelCard(
        name="discs",
        architecture=ARCHITECTURE,
        network=SETTINGS,
        decode=BinaryDecode(min_area_px=30, closing_radius_px=1),
        pixel_size_um=pixel_size_um,
        data=(TrainingData(name="Crawling discs", licence="CC0-1.0", citation="Drawn by small_movies."),),
        limits="Knows discs alone.",
    )
    path = folder / "discs.safetensors"
    save_model(path, network.eval(), card)
    return path
