"""What the defaults reach on real frames; thresholds are a little below what was measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile

from podia.data.calibration import Calibration
from podia.segmentation.config import SegmentationConfig
from podia.segmentation.segment import segment_frame


def seg_score(truth: np.ndarray, found: np.ndarray) -> float:
    """Mean over true cells of the Jaccard index with the label that covers more than half of each, else 0."""
    scores = []
    for cell in np.unique(truth[truth > 0]):
        inside = truth == cell
        values, counts = np.unique(found[inside], return_counts=True)
        best = values[counts.argmax()]
        covers = best > 0 and counts.max() > 0.5 * inside.sum()
        scores.append(counts.max() / (inside | (found == best)).sum() if covers else 0.0)
    return float(np.mean(scores))


@pytest.mark.parametrize("method", ["phantast", "egt"])
def test_u373_frame_against_gold(data_dir: Path, method):
    folder = data_dir / "PhC-C2DH-U373"
    image = tifffile.imread(folder / "01" / "t059.tif")
    gold = tifffile.imread(folder / "01_GT" / "SEG" / "man_seg059.tif")
    labels = segment_frame(image, SegmentationConfig(method=method), Calibration(pixel_size_um=0.65))
    assert seg_score(gold, labels) > 0.8  # measured 0.84 (EGT) and 0.85


@pytest.mark.parametrize("method", ["phantast", "egt"])
def test_t98g_field_against_hand_drawn_cells(data_dir: Path, method):
    folder = data_dir / "T98G" / "manual"
    image = tifffile.imread(folder / "images" / "set28_train.tif")
    manual = tifffile.imread(folder / "masks" / "set28_train.tif")
    labels = segment_frame(image, SegmentationConfig(method=method), Calibration(pixel_size_um=0.8708))
    assert seg_score(manual, labels) > 0.5  # measured 0.55 (EGT) and 0.53
