"""Eight movies with one and with two workers: wall times, their ratio, and identity of the outputs.

python -m benchmarks.pipeline.many_movies [--set segmentation.network.threads=1]

Options are passed on to podia run. A single run uses more than one core: the network runs on all of them, and the
overlay movie is encoded in parallel. The number of cores used is printed, because two workers can use only the rest.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.support.output_hashes import output_hashes
from benchmarks.support.whole_process import measure_process, podia

N_MOVIES = 8
N_FRAMES = 40


def main() -> None:
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        movies = []
        for seed in range(N_MOVIES):
            movie = folder / "movies" / f"m{seed}"
            arguments = ("--n-frames", str(N_FRAMES), "--size", "768", "--cells", "25", "--seed", str(seed))
            measure_process(podia("simulate", movie, *arguments))
            movies.append((movie / "movie.tif").rename(folder / "movies" / f"m{seed}.tif"))
        walls, hashes = {}, {}
        for workers in (1, 2):
            output = folder / f"workers{workers}"
            usage = measure_process(
                podia("run", *movies, "-o", output, "--workers", str(workers), *sys.argv[1:])
            )
            walls[workers], hashes[workers] = usage.wall_s, output_hashes(output)
            print(
                f"{workers} worker(s): {usage.wall_s:.1f} s, {usage.cpu_s:.0f} s of processors, "
                f"{usage.cpu_s / usage.wall_s:.2f} at work, exit {usage.exit_code}"
            )
    print(f"speed-up {walls[1] / walls[2]:.2f} (aim 1.8), outputs identical: {hashes[1] == hashes[2]}")


if __name__ == "__main__":
    main()
