"""Memory available on this machine, the limit of a container or batch job included."""

from __future__ import annotations

from pathlib import Path

import psutil

_CONTROL_GROUP = Path("/sys/fs/cgroup")
"""Where Linux keeps the limits of containers and batch jobs: in the files of version 2, or those of version 1."""
_LIMITS = (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))
_STATISTICS = ("memory.stat", "memory/memory.stat")


def available_memory_bytes() -> int:
    """Return the memory that a process can still get without swapping."""
    machine = int(psutil.virtual_memory().available)
    container = _container_bytes()
    return machine if container is None else min(machine, container)


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
