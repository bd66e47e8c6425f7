"""Tracking of positions without outlines, where areas, shapes and overlaps are meaningless."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from podia.data.calibration import Calibration
from podia.tracking.cells import Cells
from podia.tracking.config import TrackingConfig
from podia.tracking.scale import median_spacing_px


def as_equal_discs(cells: Cells, calibration: Calibration, config: TrackingConfig) -> Cells:
    """Return `cells` as equal discs, so that links and divisions depend on distance only.

    Their diameter is the median distance to the nearest neighbour, or ``point_diameter`` if that is smaller.
    """
    diameter = min(config.point_diameter.in_px(calibration), median_spacing_px(cells))
    area = np.full(len(cells), np.pi / 4 * diameter**2)
    return replace(cells, area=area, solidity=np.ones(len(cells)))
