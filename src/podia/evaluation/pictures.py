"""Images of the worst cells with true and predicted outlines."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from PIL import Image as PillowImage

from podia.data.errors import InvalidInputError
from podia.data.movie import Image, LabelImage, Movie
from podia.evaluation.boundary import outline_of
from podia.evaluation.frame_pass import pair_reader
from podia.evaluation.inputs import EvaluationInput

TRUE_COLOUR = (0, 158, 115)
FOUND_COLOUR = (213, 94, 0)
"""Green and vermilion of Okabe and Ito, which are distinct for people with colour vision deficiency."""

_MARGIN_PX = 12
_EDGE_PX = 220
"""Minimum edge of an image on the page; small cells are enlarged by an integer factor, with sharp pixels."""
_LARGEST_SCALE = 8
_GREY_OF_CELLS = 205


@dataclass(frozen=True)
class CellPicture:
    """A true cell with its image, a PNG as base64 text."""

    frame: int
    label: int
    result_label: int
    iou: float
    png: str
    width_px: int
    height_px: int


def worst_cells(
    truth: EvaluationInput,
    result: EvaluationInput,
    cells: pd.DataFrame,
    *,
    movie: Movie | None = None,
    n_cells: int = 12,
) -> list[CellPicture]:
    """Return images of the `n_cells` true cells with the smallest IoU, worst first; of ties, the first.

    The true outline is green and the outlines of result cells are vermilion, over the grey values of the movie, or over
    the labels without a movie.

    Raises
    ------
    InvalidInputError
        If the movie differs in size from the labels, or has too few frames.
    """
    worst = cells.sort_values(["iou", "frame", "label"], kind="stable").head(n_cells)
    read = pair_reader(truth, result)
    pictures = {}
    for frame, rows in worst.groupby("frame"):
        true, found, index = read(int(frame))
        grey = _background(movie, index, true, found)
        for label, partner, iou in zip(rows["label"], rows["result_label"], rows["iou"], strict=True):
            png, (height, width) = _picture(int(label), int(partner), true, found, grey)
            pictures[int(frame), int(label)] = CellPicture(
                int(frame), int(label), int(partner), float(iou), png, width, height
            )
    return [pictures[int(f), int(n)] for f, n in zip(worst["frame"], worst["label"], strict=True)]


def _background(movie: Movie | None, index: int, true: LabelImage, found: LabelImage) -> NDArray[np.uint8]:
    if movie is None:
        covered = np.where((true > 0) & (found > 0), _GREY_OF_CELLS - 60, _GREY_OF_CELLS)
        return np.where((true > 0) | (found > 0), covered, 245).astype(np.uint8)
    if movie.frame_shape != true.shape or index >= movie.n_frames:
        raise InvalidInputError(
            f"The movie '{movie.name}' is {movie.shape} (T, Y, X); the labels need frame {index} of "
            f"{true.shape[0]} x {true.shape[1]} px."
        )
    return _stretched(movie.frame(index))


def _stretched(image: Image) -> NDArray[np.uint8]:
    low, high = np.percentile(image, [0.5, 99.5])
    scaled = (image.astype(np.float64) - low) / max(float(high - low), 1e-12)
    return np.asarray(np.clip(scaled, 0, 1) * 255, dtype=np.uint8)


def _picture(
    label: int, partner: int, true: LabelImage, found: LabelImage, grey: NDArray[np.uint8]
) -> tuple[str, tuple[int, int]]:
    box = _box((true == label) | ((found == partner) & (partner > 0)))
    scale = int(np.clip(np.ceil(_EDGE_PX / max(grey[box].shape)), 1, _LARGEST_SCALE))
    pixels = np.repeat(np.repeat(np.stack([grey[box]] * 3, axis=2), scale, axis=0), scale, axis=1)
    # Outlines are drawn after enlarging, so that they remain thin and hide no pixels of the cell.
    for labels, values, colour in (
        (found[box], [int(v) for v in np.unique(found[box]) if v], FOUND_COLOUR),
        (true[box], [label], TRUE_COLOUR),
    ):
        large = np.repeat(np.repeat(labels, scale, axis=0), scale, axis=1)
        for value in values:
            pixels[outline_of(large == value)] = colour
    buffer = io.BytesIO()
    PillowImage.fromarray(pixels).save(buffer, format="PNG", optimize=True)
    return base64.b64encode(buffer.getvalue()).decode("ascii"), (pixels.shape[0], pixels.shape[1])


def _box(mask: NDArray[np.bool_]) -> tuple[slice, slice]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    (top, bottom), (left, right) = (rows[0], rows[-1]), (columns[0], columns[-1])
    return (
        slice(max(int(top) - _MARGIN_PX, 0), int(bottom) + 1 + _MARGIN_PX),
        slice(max(int(left) - _MARGIN_PX, 0), int(right) + 1 + _MARGIN_PX),
    )
