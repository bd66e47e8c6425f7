"""Labels with pieces joined and fused regions cut, made when they are read."""

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
    """What changes in a frame: labels that become others, and then pixels (mask in a box) that get a label."""

    joins: Mapping[int, int]
    cuts: Sequence[tuple[Box, Mask, int]]


@dataclass(frozen=True)
class CorrectedLabels:
    """Frames of another source with the `corrections` of some of them; can be pickled."""

    source: FrameSource
    corrections: Mapping[int, FrameCorrection]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Size ``(T, Y, X)``."""
        return self.source.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of a frame's pixels."""
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
