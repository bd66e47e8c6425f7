"""Frozen costs and outputs of the networks.

``PYTHONPATH=tests python tests/golden_networks.py`` freezes them anew, where a change is meant.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from podia.networks.models.cost import count_multiply_adds, count_parameters, measure_receptive_field
from podia.networks.models.registry import build_network
from small_networks import PER_PIXEL, SMALL, build_small

GOLDEN_FILE = Path(__file__).parent / "networks" / "models" / "golden_networks.json"


def cost_of(architecture: str) -> dict[str, Any]:
    network = build_network(architecture)
    return {
        "parameters": asdict(count_parameters(network)),
        "multiply_adds": asdict(count_multiply_adds(network)),
    }


def output_of(situation: str) -> dict[str, Any]:
    """Return the receptive field, and the logits of one pixel in the second frame of a ramp of grey values."""
    network = build_small(situation).eval()
    side = 2 * network.stride
    ramp = torch.linspace(-1, 1, 2 * side * side).reshape(1, 2, 1, side, side)
    with torch.no_grad():
        logits, _ = network(ramp)
    pixel = [round(value, 6) for value in logits[0, -1, :, 0, -1].tolist()]
    seen = measure_receptive_field(network)
    assert seen is not None
    return {"receptive_field": asdict(seen), "logits": pixel}


if __name__ == "__main__":
    golden = {"costs": {n: cost_of(n) for n in PER_PIXEL}, "small": {s: output_of(s) for s in SMALL}}
    GOLDEN_FILE.write_text(json.dumps(golden, indent=1) + "\n")
