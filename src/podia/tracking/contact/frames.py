"""Frames of regions and images, read when needed; the last few are cached."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from podia.data.drift import Drift
from podia.data.movie import LabelMovie, Movie
from podia.tracking.cells import Cells, whole_pixel_shift
from podia.tracking.contact.parts import View
from podia.tracking.frame_cells import FrameCells

_KEPT = 12

Box = tuple[slice, slice]


@dataclass
class RegionFrames:
    """Regions, numbered by row of `cells` (pieces by the row of their cell), and grey values.

    Grey values are deviations from the median of the frame, in robust standard deviations.
    """

    labels: LabelMovie
    movie: Movie | None
    drift: Drift
    cells: Cells
    joined_to: dict[int, int]
    _recent: OrderedDict[int, View] = field(default_factory=OrderedDict, repr=False)

    def view(self, frame: int, box: Box) -> View:
        """Return a window of `frame`."""
        whole = self._whole(frame)
        return View(whole.numbers[box], None if whole.image is None else whole.image[box])

    def shift(self, frame: int, other: int) -> tuple[int, int]:
        """Return the displacement of the field centre from `frame` to the next or previous one, in integer px."""
        if other > frame:
            return whole_pixel_shift(self.drift, other, self.labels.frame_shape)
        dy, dx = whole_pixel_shift(self.drift, frame, self.labels.frame_shape)
        return -dy, -dx

    def _whole(self, frame: int) -> View:
        view = self._recent.get(frame)
        if view is not None:
            self._recent.move_to_end(frame)
            return view
        numbered = FrameCells.of(self.labels.frame(frame)).numbered
        first, behind = (int(row) for row in self.cells.first[[frame, frame + 1]])
        own = [self.joined_to.get(row, row) + 1 for row in range(first, behind)]
        table = np.array([0, *own], dtype=np.int32)
        view = View(table[numbered], None if self.movie is None else _standardised(self.movie.frame(frame)))
        self._recent[frame] = view
        while len(self._recent) > _KEPT:
            self._recent.popitem(last=False)
        return view


def _standardised(image: NDArray[np.generic]) -> NDArray[np.float32]:
    grey = image.astype(np.float32)
    sample = grey[::4, ::4]
    middle = float(np.median(sample))
    spread = 1.48 * float(np.median(np.abs(sample - middle)))
    if spread == 0:
        spread = float(sample.std()) or 1.0
    return (grey - np.float32(middle)) / np.float32(spread)
