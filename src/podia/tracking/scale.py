"""Maximum displacement of a cell between frames, set by the user or estimated from the movie."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from podia.data.calibration import Calibration
from podia.tracking.cells import Cells
from podia.tracking.config import TrackingConfig


def max_distance_px(cells: Cells, calibration: Calibration, config: TrackingConfig) -> float:
    """Return the maximum displacement between two frames, px.

    Raises
    ------
    ConfigurationError
        If the setting is in micrometres but the pixel size is unknown.
    """
    if config.max_distance is not None:
        return config.max_distance.in_px(calibration)
    by_size = config.max_distance_diameters * median_diameter_px(cells)
    return min(config.max_distance_spacings * median_spacing_px(cells), by_size)


def median_diameter_px(cells: Cells) -> float:
    """Return the diameter of a disc of the median area, px."""
    return float(np.sqrt(4 * np.median(cells.area) / np.pi))


def median_spacing_px(cells: Cells) -> float:
    """Return the median nearest-neighbour distance over all cells and frames, px; infinite without neighbours."""
    distances = [
        cKDTree(points).query(points, k=2)[0][:, 1]
        for points in (cells.position[cells.rows(frame)] for frame in range(cells.n_frames))
        if len(points) > 1
    ]
    return float(np.median(np.concatenate(distances))) if distances else float("inf")
