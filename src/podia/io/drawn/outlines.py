"""Outlines that were drawn by hand as label images."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from skimage.draw import polygon

from podia.data.errors import MovieReadError
from podia.data.movie import LabelImage
from podia.io.drawn.drawings import read_drawing
from podia.io.drawn.labelme import labelme_size
from podia.io.drawn.shapes import DrawnShape


def read_outlines(path: str | Path, frame_shape: tuple[int, int]) -> dict[int, LabelImage]:
    """Return the outlines in a file as labels ``(Y, X)`` of the frames that have any, ``frame -> labels``.

    A pixel belongs to an outline where its centre lies inside; where outlines overlap, to the one drawn last. The
    k-th outline of a frame has the label k, from 1.

    Parameters
    ----------
    path
        ROIs of Fiji (``.zip``, ``.roi``), JSON of LabelMe, or the CSV of a Shapes layer of napari; points in it are
        left out (see :func:`podia.io.points.read_points`).
    frame_shape
        Size ``(Y, X)`` of the frames that were drawn on.

    Warns
    -----
    UserWarning
        Where outlines hold no pixel of their own: drawn twice, or too small.

    Raises
    ------
    MovieReadError
        If it cannot be read, is of another kind, or was drawn on frames of another size.
    """
    path = Path(path)
    shapes = read_drawing(path)
    if shapes is None:
        raise MovieReadError(
            f"'{path}' holds no outlines; podia reads ROIs of Fiji (.zip), JSON of LabelMe and the CSV of a "
            f"Shapes layer of napari."
        )
    size = labelme_size(path) if path.suffix.lower() == ".json" else None
    if size is not None and size != frame_shape:
        raise MovieReadError(
            f"'{path}' was drawn on a picture of {_size(size)} pixels, but the frame has {_size(frame_shape)}. "
            f"Draw on the picture itself, not on a copy of another size."
        )
    by_frame: dict[int, list[DrawnShape]] = {}
    for shape in shapes:
        if not shape.is_point:
            by_frame.setdefault(shape.frame, []).append(shape)
    return {frame: _painted(drawn, frame_shape, path) for frame, drawn in sorted(by_frame.items())}


def _painted(shapes: list[DrawnShape], frame_shape: tuple[int, int], path: Path) -> LabelImage:
    labels = np.zeros(frame_shape, dtype=np.int32)
    for label, shape in enumerate(shapes, start=1):
        y, x = shape.position
        if not (-0.5 <= y <= frame_shape[0] - 0.5 and -0.5 <= x <= frame_shape[1] - 0.5):
            raise MovieReadError(
                f"An outline in '{path}' lies at y {y:.0f}, x {x:.0f}, outside a frame of {_size(frame_shape)} pixels. "
                f"Was it drawn on another picture?"
            )
        labels[_inside(shape, frame_shape)] = label
    n_lost = len(shapes) - len(np.unique(labels[labels > 0]))
    if n_lost:
        warnings.warn(
            f"{n_lost} of {len(shapes)} outlines in '{path}' hold no pixel of their own: drawn twice, or too small. "
            f"They are left out.",
            UserWarning,
            stacklevel=2,
        )
    return labels


def _inside(shape: DrawnShape, frame_shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels that an odd number of rings hold."""
    inside = np.zeros(frame_shape, dtype=bool)
    for ring in shape.rings:
        rows, columns = polygon(ring[:, 0], ring[:, 1], frame_shape)
        inside[rows, columns] ^= True
    return inside


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
