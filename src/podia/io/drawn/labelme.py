"""Points and outlines from LabelMe JSON files, one per image."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from podia.data.errors import MovieReadError
from podia.io.damaged import unreadable_file
from podia.io.drawn.shapes import DrawnShape, Ring, ellipse

_CORNER = 0.5
"""LabelMe counts from the corner of the first pixel."""


def read_labelme(path: Path) -> list[DrawnShape]:
    """Return the points and outlines in a LabelMe file, on frame 0, with any label.

    Shapes with the same ``group_id`` are parts of one cell, as in LabelMe.

    Raises
    ------
    MovieReadError
        If it cannot be read, or contains lines or AI masks.
    """
    try:
        shapes = json.loads(path.read_text(encoding="utf-8"))["shapes"]
        drawn = [(shape.get("group_id"), _drawn(shape, path)) for shape in shapes]
    except MovieReadError:
        raise
    except Exception as error:  # any key may be missing or of another type
        raise unreadable_file(path, "LabelMe JSON file", error) from error
    return _joined(drawn)


def labelme_size(path: Path) -> tuple[int, int] | None:
    """Return the size ``(Y, X)`` of the annotated image, or None if the file does not contain it."""
    content = json.loads(path.read_text(encoding="utf-8"))
    try:
        return int(content["imageHeight"]), int(content["imageWidth"])
    except (KeyError, TypeError, ValueError, OverflowError):  # missing, null, or not a number of pixels
        return None


def _drawn(shape: dict[str, Any], path: Path) -> DrawnShape:
    kind = shape.get("shape_type") or "polygon"
    vertices = np.asarray(shape["points"], dtype=float)[:, ::-1] - _CORNER
    if kind == "point":
        return DrawnShape(0, (vertices[:1],), is_point=True, has_frame=False)
    if kind not in ("polygon", "rectangle", "circle"):
        raise MovieReadError(
            f"'{path}' contains a shape of type '{kind}' (label '{shape.get('label')}'); podia reads "
            f"polygons, rectangles, circles and points. Draw it as a polygon."
        )
    return DrawnShape(0, (_ring(kind, vertices),), has_frame=False)


def _ring(kind: str, vertices: Ring) -> Ring:
    if kind == "circle":  # centre and a point on the edge
        return ellipse(vertices[0], np.eye(2) * np.hypot(*(vertices[1] - vertices[0])))
    if kind == "rectangle" and len(vertices) == 2:
        (top, left), (bottom, right) = vertices
        return np.array([[top, left], [top, right], [bottom, right], [bottom, left]])
    return vertices


def _joined(drawn: list[tuple[int | None, DrawnShape]]) -> list[DrawnShape]:
    """Return shapes with all outlines of a group merged into its first one."""
    joined: list[DrawnShape] = []
    place: dict[int, int] = {}
    for group, shape in drawn:
        if group is None or shape.is_point:
            joined.append(shape)
        elif group in place:
            whole = joined[place[group]]
            joined[place[group]] = replace(whole, rings=whole.rings + shape.rings)
        else:
            place[group] = len(joined)
            joined.append(shape)
    return joined
