"""How much memory there is for a training."""

from __future__ import annotations

import os
from pathlib import Path

import torch

_MEMINFO = Path("/proc/meminfo")
"""Linux tells here, in kB."""
_CONTROL_GROUP = Path("/sys/fs/cgroup")
"""Where a container, or a batch system, sets a limit: in the files of version 2, or those of version 1."""
_LIMITS = (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))
_STATISTICS = ("memory.stat", "memory/memory.stat")


def available_bytes(device: torch.device) -> int | None:
    """Return the memory of `device` that can be had, where the system tells; a container's limit counts."""
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0]
    told = [n_bytes for n_bytes in (_machine_bytes(), _container_bytes()) if n_bytes is not None]
    return min(told, default=None)


def _machine_bytes() -> int | None:
    if _MEMINFO.is_file():
        # What files are kept in can be had, too: minutes after copying data, little of it is free in the strict sense.
        rows = dict(line.split(":", 1) for line in _MEMINFO.read_text(encoding="ascii").splitlines())
        if "MemAvailable" in rows:
            return int(rows["MemAvailable"].split()[0]) * 1024
    if not hasattr(os, "sysconf") or "SC_AVPHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


def _container_bytes() -> int | None:
    """Return what the control group's limit leaves, pages of files counted as free; None where there is no limit."""
    for limit, usage in _LIMITS:
        try:
            most, used = (int((_CONTROL_GROUP / name).read_text(encoding="ascii")) for name in (limit, usage))
        except (OSError, ValueError):  # no such version, or "max": no limit
            continue
        return max(0, most - used + _file_pages())
    return None


def _file_pages() -> int:
    for name in _STATISTICS:
        if (_CONTROL_GROUP / name).is_file():
            rows = dict(
                line.split() for line in (_CONTROL_GROUP / name).read_text(encoding="ascii").splitlines()
            )
            return int(rows.get("inactive_file", 0))
    return 0
