"""Run-length encoding of a mask, and contacts of runs.

Runs in neighbouring rows that share an edge are connected. Runs that meet at a corner are connected only if nothing
else joins them: an arm one pixel wide may run diagonally, but a gap one pixel wide keeps two arms apart.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.measurement.protrusions.body import Mask


@dataclass(frozen=True)
class Runs:
    """The R runs of a mask.

    Parameters
    ----------
    number
        ``(Y, X)`` the run of each pixel of the mask.
    rows, first, last
        ``(R,)`` row, first and last column of each run.
    contacts
        ``(C, 2)`` connected runs, the upper one first.
    """

    number: NDArray[np.int64]
    rows: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    contacts: NDArray[np.int64]

    @property
    def has_holes(self) -> bool:
        """Whether some runs are connected by several paths."""
        return len(self.contacts) > len(self.rows) - 1


def find_runs(mask: Mask) -> Runs:
    """Return the runs of `mask` ``(Y, X)``, which has a pixel of background around it."""
    starts = mask.copy()
    starts[:, 1:] &= ~mask[:, :-1]
    stops = mask.copy()
    stops[:, :-1] &= ~mask[:, 1:]
    rows, first = np.nonzero(starts)
    last = np.nonzero(stops)[1]
    number = np.cumsum(starts).reshape(mask.shape) - 1
    shared = mask[:-1] & mask[1:]
    keys = np.unique(number[:-1][shared] * len(rows) + number[1:][shared])
    edges = np.stack(np.divmod(keys, len(rows)), axis=1)
    return Runs(number, rows, first, last, np.concatenate([edges, _corner_contacts(mask, number)]))


def _corner_contacts(mask: Mask, number: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the runs that are connected only at a corner."""
    upper_left, upper_right, lower_left, lower_right = (
        mask[:-1, :-1],
        mask[:-1, 1:],
        mask[1:, :-1],
        mask[1:, 1:],
    )
    falling = upper_left & lower_right & ~upper_right & ~lower_left
    rising = upper_right & lower_left & ~upper_left & ~lower_right
    if not (falling.any() or rising.any()):
        return np.empty((0, 2), dtype=np.int64)
    piece, _ = ndimage.label(mask)
    contacts = [np.empty((0, 2), dtype=np.int64)]
    for meet, upper, lower in (
        (falling, np.s_[:-1, :-1], np.s_[1:, 1:]),
        (rising, np.s_[:-1, 1:], np.s_[1:, :-1]),
    ):
        apart = meet & (piece[upper] != piece[lower])
        contacts.append(np.stack([number[upper][apart], number[lower][apart]], axis=1))
    return np.concatenate(contacts)
