"""What opening a file yields, before it becomes a movie or labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.data.movie import FrameSource

_SQUARE_TOLERANCE = 1e-3
"""Relative difference of the two pixel edges below which a pixel is square: files round to 3 digits or more."""


@dataclass(frozen=True)
class Opened:
    """Frames, with what the file's metadata says of their scale; None where it says nothing."""

    source: FrameSource
    pixel_height_um: float | None = None
    pixel_width_um: float | None = None
    frame_interval_s: float | None = None


def calibrate(
    opened: Opened,
    path: Path,
    *,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
) -> Calibration:
    """Return the user's calibration where given, else the file's.

    Raises
    ------
    InvalidInputError
        If a given value is not positive.
    MovieReadError
        If the file's pixels are not square and no pixel size is given.
    """
    if pixel_size_um is None:
        pixel_size_um = _edge_of_square(opened, path)
    if frame_interval_s is None:
        frame_interval_s = opened.frame_interval_s
    return Calibration(pixel_size_um, frame_interval_s)


def _edge_of_square(opened: Opened, path: Path) -> float | None:
    height, width = opened.pixel_height_um, opened.pixel_width_um
    if height is None or width is None:
        return width if height is None else height
    if not math.isclose(height, width, rel_tol=_SQUARE_TOLERANCE):
        raise MovieReadError(
            f"The pixels of '{path}' are {width:g} um wide and {height:g} um high; podia needs square ones. "
            f"If the metadata is wrong, give the pixel size (--pixel-size-um)."
        )
    return width
