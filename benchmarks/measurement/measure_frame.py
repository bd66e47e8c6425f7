"""Time to measure the cells and protrusions of a frame on one core.

Uses hand-annotated and automatically segmented real frames if available, otherwise a simulated frame::

    PODIA_DATA_DIR=... python -m benchmarks.measurement.measure_frame
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tifffile

from podia.data.calibration import Calibration
from podia.data.movie import Image, LabelImage
from podia.measurement.config import MeasurementConfig
from podia.measurement.frame import measure_frame
from podia.simulation.simulate import simulate

REPEATS = 7


def frames() -> Iterator[tuple[str, Image, LabelImage, Calibration]]:
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        simulated = simulate(n_frames=1, size_px=1024, n_cells=65)
        yield "simulated", simulated.movie.frame(0), simulated.labels.frame(0), simulated.movie.calibration
        return
    t98g = Path(folder) / "T98G"
    pairs = [
        ("manual/images/set01_train.tif", "manual/masks/set01_train.tif"),
        ("manual/images/set20_train.tif", "manual/masks/set20_train.tif"),
        ("01/t000.tif", "01_AUTO/SEG/mask000.tif"),
        ("01/t036.tif", "01_AUTO/SEG/mask036.tif"),
    ]
    for image, labels in pairs:
        pixels = tifffile.imread(t98g / labels).astype(np.int32)
        yield labels, tifffile.imread(t98g / image), pixels, Calibration(pixel_size_um=0.8708)


def main() -> None:
    print(f"{'frame':34} {'size':>11} {'cells':>5} {'tips':>5} {'ms, least':>10} {'ms, median':>10}")
    for name, image, labels, calibration in frames():
        seconds = []
        for _ in range(REPEATS):
            start = time.perf_counter()
            measures = measure_frame(image, labels, MeasurementConfig(), calibration)
            seconds.append(time.perf_counter() - start)
        least, median = 1000 * min(seconds), 1000 * statistics.median(seconds)
        size = f"{image.shape[0]}x{image.shape[1]}"
        print(
            f"{name:34} {size:>11} {len(measures.cells):5} {len(measures.protrusions):5} "
            f"{least:10.0f} {median:10.0f}"
        )


if __name__ == "__main__":
    main()
