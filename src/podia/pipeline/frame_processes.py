"""Frames computed by several processes, with results in the order of frames."""

from __future__ import annotations

import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import starmap
from multiprocessing import get_context, parent_process
from typing import Any, TypeVar

from podia.data.errors import PodiaError

T = TypeVar("T")
_MOST_PROCESSES = 8
_AHEAD = 2
"""Frames per process that are submitted before the first of them is needed: this bounds memory."""


class LostProcessError(PodiaError):
    """A process that computed frames died."""


def map_frames(
    function: Callable[..., T], arguments: Iterable[tuple[Any, ...]], *, processes: int
) -> Iterator[T]:
    """Yield ``function(*args)`` for each of `arguments`, in order.

    With one process, everything is computed here. `arguments` are read as they are needed, so memory does not grow with
    their number. `function` and the arguments must be picklable.

    Raises
    ------
    LostProcessError
        If a process dies, for example because memory ran out.
    """
    if processes < 2:
        yield from starmap(function, arguments)
        return
    # A forked child would inherit locks held by threads of the network's runtime.
    pool = ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_prepare)
    waiting: deque[Future[T]] = deque()
    try:
        for args in arguments:
            waiting.append(pool.submit(function, *args))
            if len(waiting) > _AHEAD * processes:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    except BrokenProcessPool:
        raise LostProcessError(
            "A process that computed frames was killed, probably because memory ran out. Run the same command again to "
            "resume."
        ) from None
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def available_cores() -> int:
    """Return the number of cores that this process may use, at most ``OMP_NUM_THREADS``, at most 8.

    Each process takes about 200 MB.
    """
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    wanted = os.environ.get("OMP_NUM_THREADS", "")
    return max(1, min(cores, int(wanted) if wanted.isdigit() else cores, _MOST_PROCESSES))


def _prepare() -> None:
    # Ctrl+C reaches all processes of a terminal; the parent decides what to do.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process when its parent is gone, even if that was killed."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
