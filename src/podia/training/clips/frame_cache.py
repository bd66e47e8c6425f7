"""Cache of decoded frames: decoding a TIFF takes as long as cutting a clip out of it."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from numpy.typing import NDArray

_MEBIBYTE = 2**20


class FrameCache:
    """Cache that drops the least recently used frames, shared between threads. Returned frames must not be changed.

    Parameters
    ----------
    limit_mib
        Memory limit in MiB; 0 disables the cache.
    """

    def __init__(self, limit_mib: float) -> None:
        self._limit = int(limit_mib * _MEBIBYTE)
        self._held = 0
        self._frames: OrderedDict[Hashable, NDArray[Any]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, read: Callable[[], NDArray[Any]]) -> NDArray[Any]:
        """Return the frame stored under `key`; if there is none, read it with `read` and store it."""
        with self._lock:
            if key in self._frames:
                self._frames.move_to_end(key)
                return self._frames[key]
        # Outside the lock, so that threads decode in parallel; occasionally two decode the same frame.
        frame = read().view()
        frame.setflags(write=False)
        with self._lock:
            if key not in self._frames and frame.nbytes <= self._limit:
                self._frames[key] = frame
                self._held += frame.nbytes
                while self._held > self._limit:
                    _, dropped = self._frames.popitem(last=False)
                    self._held -= dropped.nbytes
        return frame
