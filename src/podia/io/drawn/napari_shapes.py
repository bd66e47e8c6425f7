"""Outlines from the CSV file of a napari Shapes layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from podia.data.errors import MovieReadError
from podia.io.any_table import read_any_table
from podia.io.damaged import unreadable_file
from podia.io.drawn.shapes import DrawnShape, Ring, ellipse

SHAPE_COLUMN = "shape-type"
"""Column that only the CSV of a Shapes layer has."""


def read_napari_shapes(path: Path) -> list[DrawnShape]:
    """Return the outlines in a CSV with ``index, shape-type, vertex-index, axis-0, axis-1`` and perhaps ``axis-2``.

    With three axes, the first is the frame; with two, all outlines belong to frame 0.

    Raises
    ------
    MovieReadError
        If it cannot be read, has other axes, or contains lines, paths or a shape over several frames.
    """
    try:
        table = read_any_table(path).numbers().sort_values(["index", "vertex-index"])
        axes = sorted(name for name in table.columns if name.startswith("axis-"))
        table[axes] = table[axes].astype(float)
    except Exception as error:  # parsers raise arbitrary exceptions
        raise unreadable_file(path, "CSV file of shapes", error) from error
    if len(axes) not in (2, 3):
        raise MovieReadError(
            f"'{path}' has shapes with {len(axes)} axes; podia reads y, x of an image or frame, y, x of a movie."
        )
    shapes = []
    for index, rows in table.groupby("index", sort=True):
        kind = str(rows[SHAPE_COLUMN].iloc[0])
        vertices = rows[axes].to_numpy()
        frames = np.unique(vertices[:, 0]) if len(axes) == 3 else np.zeros(1)
        if kind not in ("polygon", "rectangle", "ellipse") or len(frames) > 1:
            found = f"is a {kind}" if len(frames) == 1 else f"covers the frames {frames.tolist()}"
            raise MovieReadError(
                f"Shape {index} of '{path}' {found}; cells must be closed outlines (polygon, rectangle, ellipse) on "
                f"one frame."
            )
        if kind == "ellipse" and len(vertices) != 4:
            raise MovieReadError(
                f"Shape {index} of '{path}' has {len(vertices)} vertices; an ellipse needs the 4 corners of its box."
            )
        ring = _ring(kind, vertices[:, -2:])
        shapes.append(DrawnShape(round(float(frames[0])), (ring,), has_frame=len(axes) == 3))
    return shapes


def _ring(kind: str, vertices: Ring) -> Ring:
    if kind != "ellipse":
        return vertices
    # The consecutive corners of the bounding box, which rotates with the ellipse.
    first, second, _, last = vertices
    return ellipse(vertices.mean(axis=0), np.stack([last - first, second - first]) / 2)
