"""Check that the background of labels is 0; some programs write another value."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from scipy import ndimage

from podia.data.errors import MovieReadError
from podia.data.movie import LabelImage

_FRAMES_LOOKED_AT = 8
_SMALLEST_FRAME = 8
"""Minimum number of pixels of a frame; smaller frames are not checked."""
_MIN_OF_BORDER = 0.25
"""Minimum fraction of the frame edge covered by a background, if no pixel is 0."""
_MAX_OF_BORDER = 0.5
"""Minimum fraction if some pixels are 0: then 0 may be the background, and a cell may lie at the edge."""


def background_value(labels: LabelImage) -> int:
    """Return the value of the background in a frame ``(Y, X)``: 0 unless another value looks like it.

    A background surrounds the cells, so it touches all four edges of the frame and covers most of their pixels. If no
    pixel is 0, a value that cells divide into several parts counts as well. Confluent cells do neither.

    Examples
    --------
    >>> background_value(np.pad(np.full((6, 6), 2, np.int32), 3, constant_values=1))
    1
    """
    edges = [labels[0], labels[-1], labels[:, 0], labels[:, -1]]
    border = np.concatenate(edges)
    values, counts = np.unique(border, return_counts=True)
    value = int(values[np.argmax(counts)])
    if value <= 0 or min(labels.shape) < _SMALLEST_FRAME:
        return 0
    share = counts.max() / len(border)
    reaches_all = all((edge == value).any() for edge in edges)
    if (labels == 0).any():
        return value if reaches_all and share > _MAX_OF_BORDER else 0
    if share <= _MIN_OF_BORDER:
        return 0
    return value if reaches_all or ndimage.label(labels == value)[1] > 1 else 0


def require_zero_background(read: Callable[[int], LabelImage], frames: Sequence[int], path: Path) -> None:
    """Reject labels whose background is not 0, after inspecting up to eight frames, usually one.

    Raises
    ------
    MovieReadError
        If all inspected frames with more than one value have such a background.
    """
    found = 0
    for i in np.unique(np.linspace(0, len(frames) - 1, _FRAMES_LOOKED_AT).astype(int)).tolist():
        labels = read(frames[i])
        if labels.any() and (labels == labels[0, 0]).all():
            continue  # a single value: a background without cells, or a cell without a background
        found = background_value(labels)
        if found == 0:
            return
    if found == 0:
        return
    raise MovieReadError(
        f"The background of the labels '{path}' is {found}, not 0: this value surrounds the cells and covers the "
        f"edge of the frame. Set it to 0, and give each cell its own number from 1 (in Fiji: Process > Math, "
        f"then MorphoLibJ > Connected Components Labeling; in ilastik: export the objects, not the simple "
        f"segmentation)."
    )
