"""Geodesic growth of labels: each pixel goes to the seed from which it is reached at least cost.

Watershed lets a seed flood whatever lies behind the lowest pass, however far; here distance counts too, so that a
frail wall does not hand half a cell to its neighbour.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from skimage.graph import MCP_Geometric

from podia.data.movie import LabelImage
from podia.labels.foreground import Mask


def grow_geodesic(
    seeds: LabelImage, cost: NDArray[np.float32], mask: Mask
) -> tuple[LabelImage, NDArray[np.float64]]:
    """Return `seeds` ``(Y, X)`` grown over `mask`, and what the way to each pixel costs, infinite where none is.

    A step costs its length in px times the mean `cost` of its two pixels (Dijkstra, eight neighbours). Each grown
    label is connected to its seed within `mask`. Seeds count as part of it.
    """
    ways = MCP_Geometric(np.where(mask | (seeds > 0), cost, -1.0), fully_connected=True)
    total, came_by = ways.find_costs(np.argwhere(seeds > 0))
    height, width = seeds.shape
    origin = np.arange(height * width)
    rows, columns = np.nonzero(came_by >= 0)
    step = np.asarray(ways.offsets)[came_by[rows, columns]]
    origin[rows * width + columns] = (rows - step[:, 0]) * width + columns - step[:, 1]
    # Each round doubles how far back every pixel looks along its way.
    while not np.array_equal(further := origin[origin], origin):
        origin = further
    grown: LabelImage = np.where(np.isfinite(total), seeds.ravel()[origin].reshape(seeds.shape), 0)
    return grown.astype(np.int32), total
