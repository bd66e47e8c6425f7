"""Consensus of instance predictions: cells that most predictions of a frame contain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage as ndi

from podia.data.errors import InvalidInputError

Instances = NDArray[np.float32]
"""Number and score of the cell at each pixel, ``(2, Y, X)``; 0 on background."""
_Box = tuple[slice, slice]


def instance_consensus(looks: Sequence[Instances], *, min_iou: float = 0.5) -> Instances:
    """Return the cells that more than half of `looks` contain, numbered from 1, highest score first.

    Cells are matched greedily in the order of their scores: each cell is grouped with the unmatched cell of every other
    look that overlaps it most (IoU of at least `min_iou`). A group from more than half of the looks becomes a cell: the
    pixels that more than half of its members cover, with the mean of their scores. Where two such cells overlap, the
    one with the higher score lies on top.

    Parameters
    ----------
    looks
        Predictions of the head ``instances`` for one frame, in its original orientation: from several models, or from
        one model for flipped and rotated copies.
    min_iou
        Minimum intersection over union of two detections of the same cell.

    Raises
    ------
    InvalidInputError
        If `looks` is empty, or the predictions differ in size.

    Examples
    --------
    >>> looks = np.zeros((3, 2, 4, 6), np.float32)
    >>> looks[:, 0, :2, :3], looks[:, 1, :2, :3] = 1, 0.75  # all three see it
    >>> looks[2, 0, 2:, 3:], looks[2, 1, 2:, 3:] = 2, 1.0  # only the third sees it
    >>> instance_consensus(list(looks))[1]
    array([[0.75, 0.75, 0.75, 0.  , 0.  , 0.  ],
           [0.75, 0.75, 0.75, 0.  , 0.  , 0.  ],
           [0.  , 0.  , 0.  , 0.  , 0.  , 0.  ],
           [0.  , 0.  , 0.  , 0.  , 0.  , 0.  ]], dtype=float32)
    """
    if len({look.shape for look in looks}) != 1 or looks[0].ndim != 3:
        shapes = ", ".join(str(look.shape) for look in looks) or "none"
        raise InvalidInputError(f"A consensus requires predictions of equal size (2, Y, X), not {shapes}.")
    images = [np.rint(look[0]).astype(np.int32) for look in looks]
    cells = sorted(
        (cell for index, look in enumerate(looks) for cell in _cells_of(index, images[index], look[1])),
        key=lambda cell: -cell.score,
    )
    left = {(cell.look, cell.number): cell for cell in cells}
    agreed: list[tuple[float, list[_Cell]]] = []
    for cell in cells:
        if left.pop((cell.look, cell.number), None) is None:
            continue
        others = [_best_match(cell, image, look, images, left, min_iou) for look, image in enumerate(images)]
        group = [cell, *(other for other in others if other is not None)]
        for member in group[1:]:
            del left[member.look, member.number]
        if 2 * len(group) > len(looks):
            agreed.append((float(np.mean([member.score for member in group])), group))
    return _painted(agreed, images)


@dataclass(frozen=True)
class _Cell:
    look: int
    number: int
    score: float
    box: _Box
    area_px: int


def _cells_of(look: int, image: NDArray[np.int32], scores: NDArray[np.float32]) -> list[_Cell]:
    areas = np.bincount(image.ravel())
    return [
        _Cell(look, number, float(scores[box][image[box] == number].max()), box, int(areas[number]))
        for number, box in enumerate(ndi.find_objects(image), start=1)
        if box is not None
    ]


def _best_match(
    cell: _Cell,
    image: NDArray[np.int32],
    look: int,
    images: Sequence[NDArray[np.int32]],
    left: dict[tuple[int, int], _Cell],
    min_iou: float,
) -> _Cell | None:
    """Return the cell of another look, among those `left`, that overlaps `cell` most; the first if equal."""
    if look == cell.look:
        return None
    inside = image[cell.box][images[cell.look][cell.box] == cell.number]
    best, best_iou = None, 0.0
    for number, common in enumerate(np.bincount(inside)):
        other = left.get((look, number))
        if other is None or not common:
            continue
        iou = common / (cell.area_px + other.area_px - common)
        if iou >= min_iou and iou > best_iou:
            best, best_iou = other, iou
    return best


def _painted(agreed: list[tuple[float, list[_Cell]]], images: Sequence[NDArray[np.int32]]) -> Instances:
    painted = np.zeros((2, *images[0].shape), np.float32)
    surest_first = sorted(agreed, key=lambda found: -found[0])
    for number, (score, group) in reversed(list(enumerate(surest_first, start=1))):
        covered = np.zeros(images[0].shape, np.int32)
        for member in group:
            covered[member.box] += images[member.look][member.box] == member.number
        pixels = 2 * covered > len(group)
        painted[0][pixels] = number
        painted[1][pixels] = score
    return painted
