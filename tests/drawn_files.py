"""Files as annotators' programs write them."""

from __future__ import annotations

import json
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from roifile import ROI_TYPE, ImagejRoi


def write_fiji_rois(path: Path, *rois: ImagejRoi) -> Path:
    """Write ROIs as Fiji's ROI manager does."""
    with ZipFile(path, "w") as archive:
        for number, roi in enumerate(rois):
            archive.writestr(f"{number}.roi", roi.tobytes())
    return path


def fiji_points(points: list[tuple[float, float]], **position: int) -> ImagejRoi:
    """A multi-point at ``(x, y)``; positions count from 0 here, from 1 in the file."""
    roi = ImagejRoi.frompoints(np.array(points, np.float32), **position)
    roi.roitype = ROI_TYPE.POINT
    return roi


def fiji_polygon(corners: list[tuple[float, float]], **position: int) -> ImagejRoi:
    """A polygon through the pixels' corners ``(x, y)``."""
    roi = ImagejRoi.frompoints(np.array(corners, np.int32), **position)
    roi.roitype = ROI_TYPE.POLYGON
    return roi


def write_labelme(path: Path, *shapes: dict[str, object], size: tuple[int, int] = (40, 50)) -> Path:
    """Write shapes as LabelMe does for a picture of `size`."""
    content = {"version": "5.5.0", "shapes": list(shapes), "imageHeight": size[0], "imageWidth": size[1]}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def labelme_polygon(corners: list[tuple[float, float]], **more: object) -> dict[str, object]:
    """A polygon through the pixels' corners ``(x, y)``."""
    return {"label": "cell", "shape_type": "polygon", "points": corners, **more}


def corners_of(rows: slice, columns: slice) -> list[tuple[float, float]]:
    """The corners ``(x, y)`` around a rectangle of pixels, as Fiji and LabelMe count."""
    left, right, top, bottom = columns.start, columns.stop, rows.start, rows.stop
    return [(left, top), (right, top), (right, bottom), (left, bottom)]
