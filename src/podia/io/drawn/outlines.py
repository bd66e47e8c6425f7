"""Conversion of hand-drawn outlines to label images."""

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
    """Return the outlines in a file as label images ``(Y, X)``, ``frame -> labels``, for frames with outlines.

    A pixel belongs to an outline if its centre lies inside. Where outlines overlap, it belongs to the one drawn last.
    The k-th outline of a frame has the label k, from 1.

    Parameters
    ----------
    path
        Fiji ROIs (``.zip``, ``.roi``), LabelMe JSON, or the CSV of a napari Shapes layer. Points in it are ignored
        (see :func:`podia.io.points.read_points`).
    frame_shape
        Size ``(Y, X)`` of the annotated frames.

    Warns
    -----
    UserWarning
        If outlines have no pixels of their own, because they were drawn twice or are too small.

    Raises
    ------
    MovieReadError
        If it cannot be read, has another format, or was drawn on frames of another size.
    """
    path = Path(path)
    shapes = read_drawing(path)
    if shapes is None:
        raise MovieReadError(
            f"'{path}' contains no outlines; podia reads Fiji ROIs (.zip), LabelMe JSON and the CSV of a "
            f"napari Shapes layer."
        )
    size = labelme_size(path) if path.suffix.lower() == ".json" else None
    if size is not None and size != frame_shape:
        raise MovieReadError(
            f"'{path}' was drawn on an image of {_size(size)} pixels, but the frame has {_size(frame_shape)}. "
            f"Draw on the original image, not on a resized copy."
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
                f"An outline in '{path}' is at y {y:.0f}, x {x:.0f}, outside the frame of {_size(frame_shape)} pixels. "
                f"Check that it was drawn on this image."
            )
        labels[_inside(shape, frame_shape)] = label
    n_lost = len(shapes) - len(np.unique(labels[labels > 0]))
    if n_lost:
        warnings.warn(
            f"{n_lost} of {len(shapes)} outlines in '{path}' have no pixels of their own, because they were "
            f"drawn twice or are too small. They are ignored.",
            UserWarning,
            stacklevel=2,
        )
    return labels


def _inside(shape: DrawnShape, frame_shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Return the pixels inside an odd number of rings."""
    inside = np.zeros(frame_shape, dtype=bool)
    for ring in shape.rings:
        rows, columns = polygon(ring[:, 0], ring[:, 1], frame_shape)
        inside[rows, columns] ^= True
    return inside


def _size(shape: tuple[int, int]) -> str:
    return f"{shape[0]} x {shape[1]}"
