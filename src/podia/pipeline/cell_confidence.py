"""Network confidence of each cell, averaged over its final mask, stored per frame and added to its measures."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.movie import Image, LabelImage
from podia.files.atomic import atomic_path

_SAME_CELL_IOU = 0.5
"""Minimum overlap of a corrected mask with the network's cell to inherit its confidence."""


@dataclass
class ConfidenceMaps:
    """Confidence maps of the frames whose masks are not final yet; a :class:`~podia.data.movie.FrameSource`.

    Masks become final a few frames after their prediction, after temporal corrections.
    """

    shape: tuple[int, int, int]
    dtype: np.dtype[Any] = field(default_factory=lambda: np.dtype(np.uint8))
    _maps: dict[int, Image] = field(default_factory=dict)

    def keep(self, frame: int, confidence: NDArray[np.float32]) -> None:
        """Store the map of a frame, ``(Y, X)`` in 0..1."""
        self._maps[frame] = np.rint(confidence * 255).astype(np.uint8)

    def has(self, frame: int) -> bool:
        """Return whether there is a map of a frame."""
        return frame in self._maps

    def read(self, frame: int) -> Image:
        """Return the map of a frame, 255 for 1."""
        return self._maps[frame]

    def drop_until(self, frame: int) -> None:
        """Remove the maps up to and including a frame."""
        for past in [kept for kept in self._maps if kept <= frame]:
            del self._maps[past]


@dataclass(frozen=True)
class ConfidenceStore:
    """Confidence of each cell stored by the segment step, one file per frame, with that of label k at index k."""

    folder: Path

    def path_of(self, frame: int) -> Path:
        """Return the file of frame `frame`."""
        return self.folder / f"t{frame:06d}.npy"

    def write(self, frame: int, labels: LabelImage, confidence: Image) -> None:
        """Store the mean of a confidence map, 255 for 1, over each cell of `labels`."""
        ids = np.arange(int(labels.max()) + 1)
        values = np.full(len(ids), np.nan)
        present = np.bincount(labels.ravel(), minlength=len(ids)) > 0
        present[0] = False
        values[present] = np.round(ndi.mean(confidence, labels, ids[present]) / 255, 3)
        self.folder.mkdir(parents=True, exist_ok=True)
        with atomic_path(self.path_of(frame)) as temporary, temporary.open("wb") as file:
            np.save(file, values)

    def read(self, frame: int) -> NDArray[np.float64] | None:
        """Return the values of a frame; None if nothing is stored."""
        if not self.path_of(frame).is_file():
            return None
        values: NDArray[np.float64] = np.load(self.path_of(frame), allow_pickle=False)
        return values


def carry_over(confidence: NDArray[np.float64], before: LabelImage, after: LabelImage) -> NDArray[np.float64]:
    """Transfer the confidence of the cells `before` to the cells `after`, whose masks were changed.

    A cell gets the value of the cell that it overlaps with an IoU above 0.5; NaN if there is none.

    Examples
    --------
    >>> before = np.array([[1, 1, 1, 2, 2, 2]])
    >>> after = np.array([[5, 5, 5, 5, 0, 0]])  # cell 1, a little larger; cell 2 is gone
    >>> carry_over(np.array([np.nan, 0.9, 0.4]), before, after).tolist()
    [nan, nan, nan, nan, nan, 0.9]
    """
    n_before, n_after = int(before.max()) + 1, int(after.max()) + 1
    values = np.full(n_after, np.nan)
    both = (before > 0) & (after > 0)
    pairs, shared = np.unique(before[both].astype(np.int64) * n_after + after[both], return_counts=True)
    old, new = pairs // n_after, pairs % n_after
    areas_before = np.bincount(before.ravel(), minlength=n_before)
    areas_after = np.bincount(after.ravel(), minlength=n_after)
    same = shared / (areas_before[old] + areas_after[new] - shared) > _SAME_CELL_IOU
    values[new[same]] = confidence[old[same]]
    return values
