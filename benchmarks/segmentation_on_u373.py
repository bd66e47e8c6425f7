"""Segmentation without training on a real movie: SEG of EGT and PHANTAST on U373/01.

PODIA_DATA_DIR=... python benchmarks/segmentation_on_u373.py

Against gold masks (people, 15 frames) and silver ones (computed, every frame), with the methods' default settings.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.calibration import Calibration
from podia.data.movie import LabelMovie
from podia.evaluation.ctc import ctc_scores
from podia.io.read import read
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment

CALIBRATION = Calibration(pixel_size_um=0.65, frame_interval_s=900)
METHODS = ("egt", "phantast")
TRUTHS = {"gold": "01_GT", "silver": "01_ST"}


def main() -> None:
    folder = os.environ.get("PODIA_DATA_DIR")
    if not folder:
        sys.exit("Set PODIA_DATA_DIR to the folder of real movies.")
    sequence = Path(folder) / "PhC-C2DH-U373"
    movie = read(sequence / "01").with_calibration(CALIBRATION)
    rows = []
    for method in METHODS:
        started = time.perf_counter()
        frames = [labels.astype(np.uint16) for labels in segment(movie, SegmentationConfig(method=method))]
        seconds = (time.perf_counter() - started) / movie.n_frames
        labels = LabelMovie.from_array(np.stack(frames))
        scores = {
            f"SEG {name}": ctc_scores(sequence / truth / "SEG", labels, measures=["SEG"]).scores["SEG"]
            for name, truth in TRUTHS.items()
        }
        cells = np.mean([len(np.unique(frame)) - 1 for frame in frames])
        rows.append({"method": method, **scores, "cells a frame": cells, "seconds a frame": seconds})
    print(pd.DataFrame(rows).to_string(index=False, float_format="{:.4f}".format))


if __name__ == "__main__":
    main()
