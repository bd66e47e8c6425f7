"""Check that labels are labels: their background is 0, and they are not a grey-value image."""

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

_MOST_CHANGES = 0.5
"""Maximum fraction of neighbouring pixels, both not 0, that differ: grey values change at nearly every one."""
_FEWEST_PAIRS = 200
"""Number of such pairs from which on a frame is judged."""


def is_grey(labels: LabelImage) -> bool:
    """Tell whether a frame ``(Y, X)`` has grey values in place of labels, which are constant over a cell.

    Examples
    --------
    >>> is_grey(np.arange(400, dtype=np.int32).reshape(20, 20)), is_grey(np.ones((20, 20), np.int32))
    (True, False)
    """
    left, right = labels[:, :-1], labels[:, 1:]
    inside = (left != 0) & (right != 0)
    if np.count_nonzero(inside) < _FEWEST_PAIRS:
        return False
    return bool(inside.mean() > _MOST_CHANGES and (left != right)[inside].mean() > _MOST_CHANGES)


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
    """Reject grey values, and labels whose background is not 0, after inspecting up to eight frames, usually one.

    Raises
    ------
    MovieReadError
        If the first frame has grey values, or all inspected frames with more than one value have such a background.
    """
    found = 0
    for i in np.unique(np.linspace(0, len(frames) - 1, _FRAMES_LOOKED_AT).astype(int)).tolist():
        labels = read(frames[i])
        if i == 0 and labels.size and is_grey(labels):
            raise MovieReadError(
                f"'{path}' is not a label image: its values change from pixel to pixel, as in a movie. Give masks, in "
                f"which all pixels of a cell have one number and the background is 0."
            )
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
