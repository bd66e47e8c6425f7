"""Time and memory of a command as a separate process, from the operating system."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Usage:
    """What one finished process took."""

    wall_s: float
    cpu_s: float
    peak_mib: float
    exit_code: int


def measure_process(command: Sequence[str]) -> Usage:
    """Run `command` with its output thrown away and return what it took."""
    start = time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        process = subprocess.Popen(command, stdout=nowhere, stderr=nowhere)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    # ru_maxrss is in KiB on Linux, in bytes on macOS.
    unit = 1024 if sys.platform != "darwin" else 1024**2
    return Usage(
        time.perf_counter() - start,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss / unit,
        process.returncode,
    )


def podia(*arguments: str | Path) -> list[str]:
    """Return the command line that runs podia with this interpreter."""
    return [sys.executable, "-m", "podia", *map(str, arguments)]
