"""Memory allocation: freed memory is kept by the process, because mapping it again costs more than the arithmetic."""

from __future__ import annotations

import ctypes
import platform
from functools import cache

# Parameters of mallopt(3), from glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


@cache
def keep_freed_memory() -> bool:
    """Make the allocator reuse what large tensors leave, once a process; return whether it could.

    glibc maps every large tensor and unmaps it when it is freed, and the kernel clears and faults in each page again:
    that took two thirds of the time of the network of Gómez-de-Mariscal et al. 2021 on frames of 992 x 992. The process
    then holds on to the most that it has had at a time. Only glibc has this trait; elsewhere nothing is done.

    Called when a network is about to run, and by training; never on import, as it concerns the whole process.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    # Large blocks come from the heap, which shrinks only past 2 GB (an int's limit) and grows by 256 MiB.
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2_000_000_000), (_M_TOP_PAD, 256 << 20))
    accepted = [libc.mallopt(parameter, value) for parameter, value in settings]
    return all(accepted)
