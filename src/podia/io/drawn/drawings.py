"""Points and outlines from files of annotation programs, which are detected by content."""

from __future__ import annotations

from pathlib import Path

from podia.data.errors import MovieReadError, nearest_name_hint
from podia.io.drawn.fiji_rois import read_fiji_rois
from podia.io.drawn.labelme import read_labelme
from podia.io.drawn.napari_shapes import SHAPE_COLUMN, read_napari_shapes
from podia.io.drawn.shapes import DrawnShape

_LOOKED_AT_BYTES = 4096


def read_drawing(path: Path) -> list[DrawnShape] | None:
    """Return the shapes in a file of Fiji, LabelMe or a napari Shapes layer; None for other files.

    Raises
    ------
    MovieReadError
        If it does not exist, is damaged, or contains lines or other shapes that cannot be cells.
    """
    if not path.is_file():
        siblings = [p.name for p in path.parent.iterdir()] if path.parent.is_dir() else []
        raise MovieReadError(f"There is no file '{path}'.{nearest_name_hint(path.name, siblings)}")
    with path.open("rb") as stream:
        start = stream.read(_LOOKED_AT_BYTES)
    if start.startswith((b"PK", b"Iout")) and path.suffix.lower() not in (".xlsx", ".xlsm"):
        return read_fiji_rois(path)
    text = start.decode("utf-8", errors="replace").lstrip("\ufeff \t\r\n")
    if text.startswith("{"):
        return read_labelme(path)
    if SHAPE_COLUMN in text.partition("\n")[0].split(","):
        return read_napari_shapes(path)
    return None
