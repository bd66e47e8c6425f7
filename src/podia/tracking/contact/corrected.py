"""Label movies with merged pieces and split regions, computed when they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from podia.data.movie import FrameSource, LabelImage
from podia.tracking.contact.frames import Box
from podia.tracking.contact.parts import Mask


@dataclass(frozen=True)
class FrameCorrection:
    """Correction of a frame: labels to replace, and then pixels (mask in a box) to relabel."""

    joins: Mapping[int, int]
    cuts: Sequence[tuple[Box, Mask, int]]


@dataclass(frozen=True)
class CorrectedLabels:
    """Frames of another source, some of them with `corrections`; can be pickled."""

    source: FrameSource
    corrections: Mapping[int, FrameCorrection]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Data type of the labels."""
        return np.dtype(np.int32)

    def read(self, frame: int) -> LabelImage:
        """Return the corrected labels of frame `frame`, ``(Y, X)``."""
        labels: LabelImage = self.source.read(frame).astype(np.int32, copy=True)
        correction = self.corrections.get(frame)
        if correction is None:
            return labels
        for piece, cell in correction.joins.items():
            labels[labels == piece] = cell
        for box, mask, label in correction.cuts:
            labels[box][mask] = label
        return labels
