"""Shape interpolation by signed distance: the shape of a cell between two frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi


def blend_distances(
    earlier: NDArray[np.bool_], later: NDArray[np.bool_], weight: float
) -> NDArray[np.float64]:
    """Return the signed distance to an outline between two, ``(Y, X)``, positive inside.

    `weight` is the share of the earlier one; the outlines' own distances are averaged.
    """
    return weight * signed_distance(earlier) + (1.0 - weight) * signed_distance(later)


def signed_distance(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Return the distance to the outline, positive inside; 0.5 px next to it on either side."""
    padded = np.pad(mask, 1)
    inside = ndi.distance_transform_edt(padded)
    outside = ndi.distance_transform_edt(~padded)
    return np.asarray(np.where(padded, inside - 0.5, 0.5 - outside)[1:-1, 1:-1])
