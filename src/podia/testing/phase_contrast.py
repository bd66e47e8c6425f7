"""Small phase-contrast-like images: dark, grainy cells with a bright halo on a grey ground."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from podia.simulation.experiments.phase_contrast import BACKGROUND, phase_contrast

__all__ = ["BACKGROUND", "disc", "iou", "phase_contrast"]


def disc(shape: tuple[int, int], centre: tuple[float, float], radius: float) -> NDArray[np.bool_]:
    """Return the mask of a disc in an image of `shape`; `centre` is ``(y, x)``."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    return np.asarray((y - centre[0]) ** 2 + (x - centre[1]) ** 2 <= radius**2)


def iou(found: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    """Return the intersection of two masks over their union."""
    return float((found & truth).sum() / (found | truth).sum())
