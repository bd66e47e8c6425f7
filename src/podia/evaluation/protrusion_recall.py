"""Thin-structure recall: the fraction of protrusion length in a result.

A protrusion that is three pixels wide is a few per cent of the area of a cell, so overlap scores hardly respond to it.
It is, however, nearly all of the skeleton length outside the cell body.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt
from skimage.morphology import skeletonize

from podia.evaluation.overlap import ratio

_STEPS = (((0, 1), 1.0), ((1, 0), 1.0), ((1, 1), 2**0.5), ((1, -1), 2**0.5))
"""Four of the eight neighbours, each with the length of the step to it."""


@dataclass(frozen=True)
class ThinLengths:
    """Length of the true skeleton outside the body circle, and of the part covered by the result, in px.

    Lengths are additive over cells and frames, so the pooled recall is computed from their sums.
    """

    total_px: float = 0.0
    covered_px: float = 0.0

    def __add__(self, other: ThinLengths) -> ThinLengths:
        return ThinLengths(self.total_px + other.total_px, self.covered_px + other.covered_px)

    @property
    def recall(self) -> float:
        """Covered length over total length; NaN for a cell within its body circle, such as a disc."""
        return ratio(self.covered_px, self.total_px)


def thin_lengths(truth: NDArray[np.bool_], result: NDArray[np.bool_]) -> ThinLengths:
    """Return the skeleton length of one true cell ``(Y, X)``, and the part covered by `result` ``(Y, X)``.

    The body circle is the largest inscribed circle. A skeleton pixel represents half of each step to its neighbours (1,
    or sqrt 2 on the diagonal); a diagonal step next to two straight ones is not counted.
    """
    padded = np.pad(truth, 1)
    depth = distance_transform_edt(padded)[1:-1, 1:-1]
    row, column = divmod(int(depth.argmax()), depth.shape[1])
    yy, xx = np.arange(truth.shape[0])[:, None], np.arange(truth.shape[1])[None, :]
    outside = np.hypot(yy - row, xx - column) > depth[row, column]
    lengths = _pixel_lengths(skeletonize(truth)) * outside
    return ThinLengths(float(lengths.sum()), float(lengths[result].sum()))


def _pixel_lengths(skeleton: NDArray[np.bool_]) -> NDArray[np.float64]:
    inner = np.pad(skeleton, 1)
    lengths = np.zeros(inner.shape)
    for (dy, dx), step in _STEPS:
        neighbour = np.roll(inner, (-dy, -dx), (0, 1))
        linked = inner & neighbour
        if dy and dx:
            # At a corner the path uses the straight neighbour; the diagonal would count it twice.
            linked &= ~(np.roll(inner, (-dy, 0), (0, 1)) | np.roll(inner, (0, -dx), (0, 1)))
        lengths += linked * step / 2
        lengths += np.roll(linked, (dy, dx), (0, 1)) * step / 2
    return lengths[1:-1, 1:-1]
