"""Peak memory of the main job against the movie's length: 400 frames may take 1.1 times what 100 take.

python benchmarks/memory_by_length.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from whole_process import measure_process, podia


def main() -> None:
    peaks = {}
    with tempfile.TemporaryDirectory() as folder:
        for frames in (100, 400):
            movie = Path(folder) / f"simulated{frames}"
            measure_process(
                podia("simulate", movie, "--frames", str(frames), "--size", "512", "--cells", "12")
            )
            usage = measure_process(
                podia("run", movie / "movie.tif", "-o", Path(folder) / f"results{frames}")
            )
            peaks[frames] = usage.peak_mib
            print(f"{frames} frames: {usage.peak_mib:.0f} MiB peak, {usage.wall_s:.1f} s")
    print(f"ratio {peaks[400] / peaks[100]:.3f} (limit 1.1)")


if __name__ == "__main__":
    main()
