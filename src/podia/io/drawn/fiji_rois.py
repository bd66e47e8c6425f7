"""Points and outlines from Fiji's ROI Manager: ``RoiSet.zip`` or a single ``.roi``."""

from __future__ import annotations

import io
from pathlib import Path
from zipfile import ZipFile

import numpy as np
from numpy.typing import NDArray
from roifile import ROI_SUBTYPE, ROI_TYPE, ImagejRoi

from podia.data.errors import MovieReadError
from podia.io.damaged import unreadable_file
from podia.io.drawn.shapes import DrawnShape, Ring, ellipse

_AREAS = (ROI_TYPE.POLYGON, ROI_TYPE.RECT, ROI_TYPE.OVAL, ROI_TYPE.FREEHAND, ROI_TYPE.TRACED)
_CORNER = 0.5
"""ImageJ counts points from the centre of the first pixel, but areas from its corner (its Roi class says so)."""


def read_fiji_rois(path: Path) -> list[DrawnShape]:
    """Return the points and outlines in a Fiji ROI file, in file order.

    A ROI without a stack position belongs to frame 0. A multi-point gives one point each, on its own frame.

    Raises
    ------
    MovieReadError
        If it cannot be read, or contains lines, texts or images, which cannot be cells.
    """
    try:
        rois = [ImagejRoi.frombytes(data) for data in _files(path)]
    except Exception as error:  # decoders raise arbitrary exceptions
        raise unreadable_file(path, "Fiji ROI file", error) from error
    return [shape for roi in rois for shape in _shapes(roi, path)]


def _files(path: Path) -> list[bytes]:
    content = path.read_bytes()
    if content.startswith(b"Iout"):
        return [content]
    with ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name) for name in archive.namelist() if name.lower().endswith(".roi")]


def _shapes(roi: ImagejRoi, path: Path) -> list[DrawnShape]:
    if roi.roitype == ROI_TYPE.POINT:
        positions = np.asarray(roi.coordinates(), dtype=float)[:, ::-1]
        return [
            DrawnShape(max(number, 1) - 1, (position[None],), is_point=True, has_frame=number > 0)
            for number, position in zip(_numbers_of_points(roi), positions, strict=True)
        ]
    if roi.roitype not in _AREAS or roi.subtype in (ROI_SUBTYPE.TEXT, ROI_SUBTYPE.IMAGE):
        kind = roi.roitype if roi.roitype not in _AREAS else roi.subtype
        raise MovieReadError(
            f"'{path}' contains a {kind.name.lower()} ('{roi.name}'); cells must be points or closed outlines. "
            f"Delete it in the ROI Manager and save again."
        )
    number = _number(roi)
    rings = tuple(ring - _CORNER for ring in _rings(roi))
    return [DrawnShape(max(number, 1) - 1, rings, has_frame=number > 0)]


def _rings(roi: ImagejRoi) -> list[Ring]:
    if roi.roitype == ROI_TYPE.OVAL:
        low, high = _box(roi)
        return [ellipse((low + high) / 2, np.diag(high - low) / 2)]
    if roi.roitype == ROI_TYPE.RECT and not roi.composite:
        (top, left), (bottom, right) = _box(roi)
        return [np.array([[top, left], [top, right], [bottom, right], [bottom, left]])]
    return [np.asarray(ring, dtype=float)[:, ::-1] for ring in roi.coordinates(multi=True) if len(ring)]


def _box(roi: ImagejRoi) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    if roi.subpixelrect:
        low = np.array([roi.yd, roi.xd], dtype=float)
        return low, low + np.array([roi.heightd, roi.widthd])
    return np.array([roi.top, roi.left], dtype=float), np.array([roi.bottom, roi.right], dtype=float)


def _number(roi: ImagejRoi) -> int:
    """Return the number of the frame, from 1, or 0 for "not set"."""
    # A hyperstack has a time position; a plain stack has only one position.
    return int(roi.t_position or roi.position)


def _numbers_of_points(roi: ImagejRoi) -> list[int]:
    """Return the same for each point of a multi-point."""
    if roi.counter_positions is None or not np.any(roi.counter_positions):
        return [_number(roi)] * roi.n_coordinates
    return [int(number) for number in roi.counter_positions]
