"""Reproducibility of runs that are killed (SIGKILL) at random moments and resumed.

python -m benchmarks.pipeline.killed_and_resumed [number of kills, 20 by default]
"""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.support.output_hashes import output_hashes
from benchmarks.support.whole_process import measure_process, podia


def main() -> None:
    n_kills = int(sys.argv[1]) if len(sys.argv) > 1 else 20
    moments = random.Random(0)
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        measure_process(
            podia("simulate", folder / "sim", "--n-frames", "20", "--size", "384", "--cells", "9")
        )
        movie = folder / "sim" / "movie.tif"
        export = ("--export", "tiff,ctc,trackmate")
        undisturbed = measure_process(podia("run", movie, "-o", folder / "whole", *export))
        truth = output_hashes(folder / "whole")
        print(f"undisturbed: {undisturbed.wall_s:.1f} s, {len(truth)} files")
        same = 0
        for kill in range(n_kills):
            output = folder / "killed"
            shutil.rmtree(output, ignore_errors=True)
            after_s = moments.uniform(0.5, undisturbed.wall_s)
            _kill_after(podia("run", movie, "-o", output, *export), after_s)
            resumed = measure_process(podia("run", movie, "-o", output, *export))
            identical = output_hashes(output) == truth
            same += identical
            print(
                f"kill {kill + 1:2} after {after_s:5.2f} s, {resumed.wall_s:5.1f} s more: identical {identical}"
            )
    print(f"{same} of {n_kills} identical")
    sys.exit(same != n_kills)


def _kill_after(command: list[str], after_s: float) -> None:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after_s)
    process.kill()
    process.wait()


if __name__ == "__main__":
    main()
