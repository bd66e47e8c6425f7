"""Memory available for training."""

from __future__ import annotations

import torch

from podia.files.available_memory import available_memory_bytes


def available_bytes(device: torch.device) -> int | None:
    """Return the free memory of `device` in bytes; None if the system does not report it."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    return available_memory_bytes() if device.type == "cpu" else None
