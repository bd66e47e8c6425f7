"""Whether an image is a label image or a picture, where one was given for the other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from podia.data.errors import MovieReadError
from podia.data.movie import Image

_FRAMES_LOOKED_AT = 8
_MOST_EQUAL_IN_PICTURES = 0.5
"""Share of equal neighbours. Cells of three pixels and more have two thirds; grey values with noise have few."""
_LEAST_EQUAL_IN_LABELS = 0.9
_FEWEST_PAIRS = 50
_FEWEST_PAIRS_OF_A_PICTURE = 500
_LEAST_COVERED = 0.05


def looks_like_picture(labels: Image) -> bool:
    """Return whether an image ``(Y, X)`` that should be labels has grey values: neighbouring pixels mostly differ.

    Examples
    --------
    >>> looks_like_picture(np.random.default_rng(0).integers(20, 99, (32, 32)))
    True
    """
    equal, n_pairs = _equal_neighbours(labels)
    return (
        n_pairs >= max(_FEWEST_PAIRS_OF_A_PICTURE, _LEAST_COVERED * labels.size)
        and equal < _MOST_EQUAL_IN_PICTURES
    )


def looks_like_labels(image: Image) -> bool:
    """Return whether an image ``(Y, X)`` that should be a picture is labels or a mask: flat areas on a ground of 0.

    Examples
    --------
    >>> looks_like_labels(np.pad(np.full((12, 12), 7, np.uint8), 5))
    True
    """
    if image.dtype.kind not in "iub" or image.min() != 0 or not (image == 0).any():
        return False
    equal, n_pairs = _equal_neighbours(image)
    return (
        n_pairs >= _FEWEST_PAIRS
        and equal > _LEAST_EQUAL_IN_LABELS
        and bool((image == 0).mean() > _LEAST_COVERED)
    )


def require_labels(read: Callable[[int], Image], frames: Sequence[int], path: Path) -> None:
    """Refuse a movie that is given as labels, after inspecting the first of eight frames that is not empty.

    Raises
    ------
    MovieReadError
        If its values are grey values.
    """
    for i in np.unique(np.linspace(0, len(frames) - 1, _FRAMES_LOOKED_AT).astype(int)).tolist():
        labels = read(frames[i])
        if not labels.any():
            continue
        if looks_like_picture(labels):
            raise MovieReadError(
                f"'{path}' is not a label image: the values of neighbouring pixels mostly differ, as grey values do. "
                f"Give the masks, in which all pixels of a cell have the same number."
            )
        return


def _equal_neighbours(image: Image) -> tuple[float, int]:
    """Return the share of equal values among neighbours in a row that are both not 0, and the number of such pairs."""
    left, right = image[:, :-1], image[:, 1:]
    both = (left != 0) & (right != 0)
    n_pairs = int(np.count_nonzero(both))
    return (float(np.count_nonzero(both & (left == right)) / n_pairs) if n_pairs else 1.0), n_pairs
