"""Geodesic growth of labels: each pixel is assigned to the seed with the cheapest path.

With a watershed, a seed floods everything behind the lowest pass at any distance. Here distance also counts, so that a
weak boundary does not assign half of a cell to its neighbour.
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
    """Grow `seeds` ``(Y, X)`` over `mask`; return labels and the path cost of each pixel, infinite if unreachable.

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
    # Each round doubles the number of predecessors that every pixel looks back along its path.
    while not np.array_equal(further := origin[origin], origin):
        origin = further
    grown: LabelImage = np.where(np.isfinite(total), seeds.ravel()[origin].reshape(seeds.shape), 0)
    return grown.astype(np.int32), total
