"""Wall time and peak memory of the main job on the T98G movie.

PODIA_DATA_DIR=... python -m benchmarks.pipeline.main_job
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from benchmarks.support.whole_process import measure_process, podia


def main() -> None:
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        print("PODIA_DATA_DIR is not set: nothing measured")
        return
    movie = Path(folder) / "T98G" / "01"
    with tempfile.TemporaryDirectory() as output:
        run = podia("run", movie, "-o", output, "--pixel-size-um", "0.8708", "--frame-interval-s", "600")
        first = measure_process(run)
        again = measure_process(run)
    print(f"first run   {first.wall_s:7.1f} s wall {first.cpu_s:7.1f} s cpu {first.peak_mib:7.0f} MiB peak")
    print(f"nothing new {again.wall_s:7.1f} s wall {again.cpu_s:7.1f} s cpu {again.peak_mib:7.0f} MiB peak")
    sys.exit(first.exit_code or again.exit_code)


if __name__ == "__main__":
    main()
