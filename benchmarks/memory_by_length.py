"""Peak memory of the main job against the movie's length: it may not grow by more than a tenth.

python benchmarks/memory_by_length.py                                       # 100 and 400 frames of 512 x 512
python benchmarks/memory_by_length.py --size 992 --cells 45 --frames 50 500   # limit 1.5 GB
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from whole_process import measure_process, podia


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, nargs=2, default=(100, 400))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--cells", type=int, default=12)
    arguments = parser.parse_args()
    size = ("--size", str(arguments.size), "--cells", str(arguments.cells))
    peaks: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        for frames in arguments.frames:
            movie = Path(folder) / f"simulated{frames}"
            measure_process(podia("simulate", movie, "--frames", str(frames), *size))
            usage = measure_process(
                podia("run", movie / "movie.tif", "-o", Path(folder) / f"results{frames}")
            )
            peaks.append(usage.peak_mib)
            print(f"{frames} frames: {usage.peak_mib:.0f} MiB peak, {usage.wall_s:.1f} s", flush=True)
    print(f"ratio {peaks[1] / peaks[0]:.3f} (limit 1.1)")


if __name__ == "__main__":
    main()
