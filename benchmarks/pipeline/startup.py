"""Start-up time of ``import podia`` and ``podia --help``; medians of 9.

python -m benchmarks.pipeline.startup
"""

from __future__ import annotations

import statistics
import sys

from benchmarks.support.whole_process import measure_process, podia


def main() -> None:
    empty = _median([sys.executable, "-c", "pass"])
    imported = _median([sys.executable, "-c", "import podia"])
    helped = _median(podia("--help"))
    print(f"python -c pass    {empty:.3f} s")
    print(f"import podia      {imported - empty:.3f} s on top of that")
    print(f"podia --help      {helped:.3f} s whole process")


def _median(command: list[str]) -> float:
    return statistics.median(measure_process(command).wall_s for _ in range(9))


if __name__ == "__main__":
    main()
