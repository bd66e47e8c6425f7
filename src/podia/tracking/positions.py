"""Cells of which only the positions are known: neither areas nor shapes nor overlaps mean anything."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from podia.data.calibration import Calibration
from podia.tracking.cells import Cells
from podia.tracking.config import TrackingConfig
from podia.tracking.scale import median_spacing_px


def as_equal_discs(cells: Cells, calibration: Calibration, config: TrackingConfig) -> Cells:
    """Return `cells` as round ones of one size, so that links and divisions go by distance alone.

    Cells are no larger than the median distance to the nearest neighbour, and no larger than
    ``point_diameter``, which counts where they are sparse.
    """
    diameter = min(config.point_diameter.in_px(calibration), median_spacing_px(cells))
    area = np.full(len(cells), np.pi / 4 * diameter**2)
    return replace(cells, area=area, solidity=np.ones(len(cells)))
