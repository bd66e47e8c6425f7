"""Detection of unannotated margins near the frame border."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from podia.data.movie import LabelImage
from podia.training.data.annotated import AnnotatedMovie

_MAX_FRAMES = 20
_MIN_CELLS = 50
_MAX_INSIDE = 0.01
"""Maximum fraction of cells in an unannotated margin: silver labels have a few."""
_MIN_SHARE = 0.15
"""Minimum fraction of the frame that a margin must cover to be significant."""


def unannotated_margin_px(movies: Sequence[AnnotatedMovie]) -> int | None:
    """Return the width (px) of the margin without complete annotated cells; None if it may be due to chance.

    Uniformly distributed cells would lie in a margin in proportion to its area. Partial annotation, whose empty pixels
    are ignored, and foreground masks without instances are not considered.
    """
    complete = [movie for movie in movies if movie.instances and movie.coverage == "dense"]
    frames = [(movie, frame) for movie in complete for frame in movie.labels.frames]
    if not frames:
        return None
    spread = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), _MAX_FRAMES)).round().astype(int))
    chosen = [frames[i] for i in spread]
    reaches = [_reaches(movie.read_labels(frame)) for movie, frame in chosen]
    if sum(map(len, reaches)) < _MIN_CELLS:
        return None
    margin = int(np.quantile(np.concatenate(reaches), _MAX_INSIDE))
    shares = [_share_of_frame(movie.movie.frame_shape, margin) for movie, _ in chosen]
    return margin if float(np.mean(shares)) >= _MIN_SHARE else None


def _reaches(labels: LabelImage) -> NDArray[np.float64]:
    """Return the maximum distance of each cell from the border, px."""
    height, width = labels.shape
    y, x = np.ogrid[:height, :width]
    from_border = np.minimum(np.minimum(y, height - 1 - y), np.minimum(x, width - 1 - x))
    cells = np.unique(labels[labels > 0])
    return np.asarray(ndimage.maximum(from_border, labels, cells), dtype=np.float64).reshape(-1)


def _share_of_frame(shape: tuple[int, int], margin_px: int) -> float:
    height, width = (max(0, side - 2 * margin_px) for side in shape)
    return 1 - height * width / (shape[0] * shape[1])
