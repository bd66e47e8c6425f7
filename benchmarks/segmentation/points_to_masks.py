"""SEG of masks grown by `podia grow` from the centroids of cells, compared with EGT and PHANTAST.

Simulated movies have exact truth. The T98G fields are from the training part of the split, without the four fields
that defaults were chosen on. Points are true centroids, with and without displacement, because clicks are not exact.

PODIA_DATA_DIR=... python -m benchmarks.segmentation.points_to_masks [seeds, 5 by default] [fields, 6 by default]
"""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import tifffile
from benchmarks.support.annotated_splits import T98G_PIXEL_SIZE_UM, T98G_TEST_FIELDS
from numpy.typing import NDArray

from podia.data.calibration import Calibration
from podia.data.movie import Image, LabelImage
from podia.evaluation.ctc_matching import match_labels
from podia.evaluation.positions import centroids
from podia.segmentation.config import GrowthConfig, SegmentationConfig
from podia.segmentation.seeded import grow_points
from podia.segmentation.segment import segment_frame
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import simulate

CHOSEN_ON = (7, 12, 17, 28)
"""Fields of T98G on which the defaults of GrowthConfig were set, beside the simulated seeds 0 to 3."""
FIRST_SEED = 4
CLICK_NOISE_UM = 3.0
FRAME = 10


def main() -> None:
    n_seeds, n_fields = (int(sys.argv[i]) if len(sys.argv) > i else n for i, n in ((1, 5), (2, 6)))
    rows = [_row(*image) for image in [*_simulated(n_seeds), *_fields(n_fields)]]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format=lambda value: f"{value:.4f}"))
    print("\nmean over images")
    print(table.drop(columns="image").groupby("set").mean().to_string(float_format=lambda v: f"{v:.4f}"))


def _simulated(n_seeds: int) -> Iterator[tuple[str, str, Image, LabelImage, Calibration]]:
    for seed in range(FIRST_SEED, FIRST_SEED + n_seeds):
        for n_cells in (15, 60):
            movie = simulate(SimulationConfig(n_frames=FRAME + 1, size_px=512, n_cells=n_cells, seed=seed))
            name = f"seed {seed}, {n_cells} cells"
            yield (
                "simulated",
                name,
                movie.movie.frame(FRAME),
                movie.labels.frame(FRAME),
                movie.movie.calibration,
            )


def _fields(n_fields: int) -> Iterator[tuple[str, str, Image, LabelImage, Calibration]]:
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        print("PODIA_DATA_DIR is not set: nothing measured on T98G")
        return
    manual = Path(folder) / "T98G" / "manual"
    by_number = {int(re.findall(r"\d+", path.stem)[0]): path for path in sorted(manual.glob("images/*.tif"))}
    numbers = [number for number in sorted(by_number) if number not in (*T98G_TEST_FIELDS, *CHOSEN_ON)]
    spread = np.linspace(0, len(numbers) - 1, n_fields).round().astype(int)
    for number in (numbers[index] for index in spread):
        path = by_number[number]
        truth = tifffile.imread(manual / "masks" / path.name).astype(np.int32)
        yield "T98G", f"field {number}", tifffile.imread(path), truth, Calibration(T98G_PIXEL_SIZE_UM)


def _row(
    of: str, name: str, image: Image, truth: LabelImage, calibration: Calibration
) -> dict[str, str | float]:
    points = centroids(truth)
    noise = np.random.default_rng(0).normal(0, CLICK_NOISE_UM / calibration.length_per_px, points.shape)
    clicks = np.clip(points + noise, 0, np.array(image.shape) - 1)
    row: dict[str, str | float] = {"set": of, "image": name, "cells": len(points)}
    for method in ("egt", "phantast"):
        row[method] = _seg(truth, segment_frame(image, SegmentationConfig(method=method), calibration))
    begun = time.perf_counter()
    row["grown"] = _seg(truth, grow_points(image, points, None, calibration))
    row["s"] = time.perf_counter() - begun
    row["grown_clicks"] = _seg(truth, grow_points(image, clicks, None, calibration))
    of_phantast = GrowthConfig(foreground="phantast")
    row["grown_phantast"] = _seg(truth, grow_points(image, points, of_phantast, calibration))
    return row


def _seg(truth: LabelImage, found: NDArray[np.int32]) -> float:
    match = match_labels(truth, found)
    return float(sum(match.ious) / len(match.truth_labels))


if __name__ == "__main__":
    main()
