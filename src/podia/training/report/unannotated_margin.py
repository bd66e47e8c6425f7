"""Whether annotations leave out the cells near the frame's border."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.data.movie import LabelImage
from podia.training.data.annotated import AnnotatedMovie

_MOST_FRAMES = 20
_FEWEST_CELLS = 50
_MOST_INSIDE = 0.01
"""Share of cells that may lie in a margin of which it is said that there are none: silver labels have a few."""
_LEAST_SHARE = 0.15
"""Of the frame, that a margin must have for its emptiness to be more than chance."""


def unannotated_margin_px(movies: Sequence[AnnotatedMovie]) -> int | None:
    """Return the width of the margin in which no annotated cell lies wholly, px; None where that may be chance.

    Cells that lie anywhere would come into a margin as often as it has a share of the frame. Partial annotation, whose
    empty pixels teach nothing, is not looked at, nor is a foreground without single cells.
    """
    complete = [movie for movie in movies if movie.instances and movie.coverage == "dense"]
    frames = [(movie, frame) for movie in complete for frame in movie.labels.frames]
    if not frames:
        return None
    spread = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), _MOST_FRAMES)).round().astype(int))
    chosen = [frames[i] for i in spread]
    reaches = [_reaches(movie.read_labels(frame)) for movie, frame in chosen]
    if sum(map(len, reaches)) < _FEWEST_CELLS:
        return None
    margin = int(np.quantile(np.concatenate(reaches), _MOST_INSIDE))
    shares = [_share_of_frame(movie.movie.frame_shape, margin) for movie, _ in chosen]
    return margin if float(np.mean(shares)) >= _LEAST_SHARE else None


def _reaches(labels: LabelImage) -> NDArray[np.float64]:
    """Return how far from the border each cell reaches, px."""
    height, width = labels.shape
    y, x = np.ogrid[:height, :width]
    from_border = np.minimum(np.minimum(y, height - 1 - y), np.minimum(x, width - 1 - x))
    cells = np.unique(labels[labels > 0])
    return np.asarray(ndimage.maximum(from_border, labels, cells), dtype=np.float64).reshape(-1)


def _share_of_frame(shape: tuple[int, int], margin_px: int) -> float:
    height, width = (max(0, side - 2 * margin_px) for side in shape)
    return 1 - height * width / (shape[0] * shape[1])
