"""Drawn outlines of cells: traced outlines, or circles if only positions are known."""

from __future__ import annotations

import numpy as np
from scipy import ndimage as ndi

from podia.data.movie import LabelImage, LabelMovie
from podia.labels.cracks import Points
from podia.reporting.outline_tracing import outlines

_SHARE_OF_FRAME = 0.008
_SMALLEST_PX = 4.0
"""Radius of a circle: this share of the frame's longer side, so that it is seen in a picture of any size."""
_CORNERS = 16


def cell_outlines(labels: LabelMovie, frame: int, *, tolerance_px: float) -> dict[int, list[Points]]:
    """Return closed lines to draw, by label ascending: :func:`podia.reporting.outline_tracing.outlines`, or circles."""
    image = labels.frame(frame)
    return _circles(image) if labels.positions_only else outlines(image, tolerance_px=tolerance_px)


def _circles(labels: LabelImage) -> dict[int, list[Points]]:
    """Return a circle around the middle of each label, cut at the frame's edge."""
    values = np.unique(labels[labels > 0])
    centres = np.array(ndi.center_of_mass(labels > 0, labels, values)).reshape(-1, 1, 2)
    angle = np.arange(_CORNERS) * (2 * np.pi / _CORNERS)
    radius = max(_SMALLEST_PX, _SHARE_OF_FRAME * max(labels.shape))
    around = centres + radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    drawn = np.clip(around, -0.5, np.array(labels.shape) - 0.5)
    return {int(value): [points] for value, points in zip(values, drawn, strict=True)}
