"""A tiny annotated movie of discs that move, on disk as podia reads it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tifffile


@pytest.fixture(scope="session")
def disc_movie(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``movie.tif`` and ``labels.tif``: 6 frames of 64 x 64, two dark discs on noise."""
    folder = tmp_path_factory.mktemp("discs")
    rng = np.random.default_rng(0)
    y, x = np.mgrid[:64, :64]
    labels = np.zeros((6, 64, 64), np.uint16)
    for frame in range(6):
        labels[frame][np.hypot(y - 20, x - 18 - frame) < 9] = 1
        labels[frame][np.hypot(y - 44, x - 46 + frame) < 7] = 2
    movie = np.where(labels > 0, 60, 120) + rng.normal(0, 5, labels.shape)
    tifffile.imwrite(folder / "movie.tif", movie.astype(np.uint8))
    tifffile.imwrite(folder / "labels.tif", labels)
    return folder
