"""EGT and PHANTAST on U373 01: SEG against gold and silver masks, and pixel overlap with silver masks.

PODIA_DATA_DIR=... python -m benchmarks.segmentation.segmentation_on_u373
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import podia
from podia.data.movie import LabelMovie
from podia.evaluation.ctc import ctc_scores
from podia.evaluation.overlap import pixel_counts, pool
from podia.segmentation.config import SegmentationConfig

PIXEL_SIZE_UM = 0.65


def main() -> None:
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        print("PODIA_DATA_DIR is not set: nothing measured")
        return
    data = Path(folder) / "PhC-C2DH-U373"
    movie = podia.read(data / "01", pixel_size_um=PIXEL_SIZE_UM, frame_interval_s=900)
    silver = podia.read_labels(data / "01_ST" / "SEG")
    print(f"{'method':10} {'SEG gold':>9} {'SEG silver':>11} {'IoU':>7} {'recall':>7} {'ms/frame':>9}")
    for method in ("egt", "phantast"):
        lazy = podia.segment(movie, SegmentationConfig(method=method))
        start = time.perf_counter()
        labels = LabelMovie.from_array(lazy.to_array(), movie.calibration)
        milliseconds = (time.perf_counter() - start) / movie.n_frames * 1000
        seg = [
            ctc_scores(data / truth, labels, measures=["SEG"]).scores["SEG"] for truth in ("01_GT", "01_ST")
        ]
        counts = pool(pixel_counts(true, found) for true, found in zip(silver, labels, strict=True))
        print(
            f"{method:10} {seg[0]:9.4f} {seg[1]:11.4f} {counts.iou:7.4f} {counts.recall:7.4f} {milliseconds:9.0f}"
        )


if __name__ == "__main__":
    main()
