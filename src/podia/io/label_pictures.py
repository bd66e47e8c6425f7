"""Recognition of a label image that is given as a movie."""

from __future__ import annotations

import numpy as np

from podia.data.movie import Image

_LEAST_EQUAL = 0.9
"""Share of equal neighbours; grey values with noise have few."""
_FEWEST_PAIRS = 50
_LEAST_COVERED = 0.05


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
    return n_pairs >= _FEWEST_PAIRS and equal > _LEAST_EQUAL and bool((image == 0).mean() > _LEAST_COVERED)


def _equal_neighbours(image: Image) -> tuple[float, int]:
    """Return the share of equal values among neighbours in a row that are both not 0, and the number of such pairs."""
    left, right = image[:, :-1], image[:, 1:]
    both = (left != 0) & (right != 0)
    n_pairs = int(np.count_nonzero(both))
    return (float(np.count_nonzero(both & (left == right)) / n_pairs) if n_pairs else 1.0), n_pairs
