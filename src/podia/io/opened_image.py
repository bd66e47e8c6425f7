"""An opened image file, before it is used as a movie or as labels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

from podia.data.calibration import Calibration
from podia.data.errors import MovieReadError
from podia.data.movie import FrameSource

_SQUARE_TOLERANCE = 1e-3
"""Maximum relative difference between the edges of a square pixel: files round to 3 digits or more."""


@dataclass(frozen=True)
class OpenedImage:
    """Frames with the scale from the metadata of the file; None if it is unknown.

    Parameters
    ----------
    notes
        Assumptions made in reading, one sentence each.
    """

    source: FrameSource
    pixel_height_um: float | None = None
    pixel_width_um: float | None = None
    frame_interval_s: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def pixel_size_um(self) -> float | None:
        """The edge length of a pixel, if it is known."""
        return self.pixel_height_um if self.pixel_width_um is None else self.pixel_width_um


def calibrate(
    opened: OpenedImage,
    path: Path,
    *,
    pixel_size_um: float | None = None,
    frame_interval_s: float | None = None,
) -> Calibration:
    """Return the calibration set by the user, otherwise that of the file.

    Raises
    ------
    InvalidInputError
        If a given value is not positive.
    MovieReadError
        If the file's pixels are not square and no pixel size is given.
    """
    if pixel_size_um is None and not is_square(opened):
        raise MovieReadError(
            f"The pixels of '{path}' are {opened.pixel_width_um:g} um wide and {opened.pixel_height_um:g} um "
            f"high; "
            f"podia needs square pixels. If the metadata are wrong, give the pixel size (--pixel-size-um)."
        )
    return Calibration(
        opened.pixel_size_um if pixel_size_um is None else pixel_size_um,
        opened.frame_interval_s if frame_interval_s is None else frame_interval_s,
    )


def is_square(opened: OpenedImage) -> bool:
    """Return whether the pixels are square, or one of their edges is unknown."""
    height, width = opened.pixel_height_um, opened.pixel_width_um
    return height is None or width is None or math.isclose(height, width, rel_tol=_SQUARE_TOLERANCE)
