"""Time of all measures of a movie: shapes, protrusions, edge, migration, shape modes.

python -m benchmarks.measurement.measure_movie ANALYSIS_FOLDER     # a result of `podia run`
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.support.whole_process import measure_process, podia


def main() -> None:
    folder = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(temporary) / folder.name
        shutil.copytree(folder, copy)
        usage = measure_process(podia("measure", copy, "--set", "measurement.shapes.n_clusters=5"))
        if usage.exit_code:
            raise SystemExit(f"podia measure ended with exit code {usage.exit_code}")
        print(
            f"{usage.wall_s:.1f} s of wall time, {usage.cpu_s:.1f} s of processor time, start of Python included"
        )


if __name__ == "__main__":
    main()
