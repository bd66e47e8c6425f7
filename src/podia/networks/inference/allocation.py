"""Memory allocation: the process keeps freed memory, because mapping it again costs more than the computation."""

from __future__ import annotations

import ctypes
import platform
from functools import cache

# Parameters of mallopt(3), from glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_MAX = -1, -2, -4


@cache
def keep_freed_memory() -> bool:
    """Make the allocator reuse the memory of large tensors, once per process; return whether that was possible.

    glibc maps every large tensor and unmaps it when it is freed, and the kernel then clears and maps each page again.
    This took two thirds of the run time of the network of Gómez-de-Mariscal et al. 2021 on frames of 992 x 992.
    Afterwards, the process keeps its peak memory. Only glibc behaves like this; with other allocators, nothing is done.

    Called before a network runs and by training, never on import, because it affects the whole process.
    """
    if platform.libc_ver()[0] != "glibc":
        return False
    libc = ctypes.CDLL(None)
    # Allocate large blocks on the heap, which shrinks only above 2 GB (the limit of an int) and grows by 256 MiB.
    settings = ((_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, 2_000_000_000), (_M_TOP_PAD, 256 << 20))
    accepted = [libc.mallopt(parameter, value) for parameter, value in settings]
    return all(accepted)
