"""Available memory, including the limit of a container or batch job."""

from __future__ import annotations

from pathlib import Path

import psutil

_CONTROL_GROUP = Path("/sys/fs/cgroup")
"""Linux files with the memory limits of containers and batch jobs, of cgroup version 2 and version 1."""
_LIMITS = (("memory.max", "memory.current"), ("memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes"))
_STATISTICS = ("memory.stat", "memory/memory.stat")


def available_memory_bytes() -> int:
    """Return the memory that is available to a process without swapping."""
    machine = int(psutil.virtual_memory().available)
    container = _container_bytes()
    return machine if container is None else min(machine, container)


def _container_bytes() -> int | None:
    """Return the memory left under the cgroup limit, with file caches counted as free; None without a limit."""
    for limit, usage in _LIMITS:
        try:
            most, used = (int((_CONTROL_GROUP / name).read_text(encoding="ascii")) for name in (limit, usage))
        except (OSError, ValueError):  # other version, or "max": no limit
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
