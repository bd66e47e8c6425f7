"""Peak memory of the main job by movie length.

The longer movie repeats the shorter, simulated one forwards and backwards.

python -m benchmarks.pipeline.memory_by_length                                       # 100 and 400 frames of 512 x 512
python -m benchmarks.pipeline.memory_by_length --size 992 --cells 45 --frames 50 500   # limit 1.5 GB
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import tifffile
from benchmarks.support.whole_process import measure_process, podia

PIXEL_SIZE_UM = 0.8708


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, nargs=2, default=(100, 400))
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--cells", type=int, default=12)
    arguments = parser.parse_args()
    size = ("--size", str(arguments.size), "--cells", str(arguments.cells))
    peaks: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        movie = Path(folder) / "simulated"
        measure_process(podia("simulate", movie, "--n-frames", str(min(arguments.frames)), *size))
        for frames in arguments.frames:
            path = _to_and_fro(movie / "movie.tif", frames, Path(folder) / f"{frames}.tif")
            usage = measure_process(podia("run", path, "-o", Path(folder) / f"results{frames}"))
            peaks.append(usage.peak_mib)
            print(f"{frames} frames: {usage.peak_mib:.0f} MiB peak, {usage.wall_s:.1f} s", flush=True)
    print(f"ratio {peaks[1] / peaks[0]:.3f} (limit 1.1)")


def _to_and_fro(source: Path, n_frames: int, path: Path) -> Path:
    frames = tifffile.imread(source)
    turn = 2 * len(frames) - 2
    places = (index % turn for index in range(n_frames))
    with tifffile.TiffWriter(path, imagej=True) as tiff:
        order = [place if place < len(frames) else turn - place for place in places]
        tiff.write(
            iter(frames[order]),
            shape=(n_frames, *frames.shape[1:]),
            dtype=frames.dtype,
            resolution=(1 / PIXEL_SIZE_UM, 1 / PIXEL_SIZE_UM),
            metadata={"axes": "TYX", "unit": "micron", "finterval": 300.0},
        )
    return path


if __name__ == "__main__":
    main()
