"""Calibration: pixel size and frame interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

from podia.data.errors import InvalidInputError


@dataclass(frozen=True)
class Calibration:
    """Pixel size and frame interval of a movie; ``None`` if unknown, never guessed.

    Parameters
    ----------
    pixel_size_um
        Edge of a (square) pixel in micrometres, positive.
    frame_interval_s
        Time from one frame to the next in seconds, positive.

    Raises
    ------
    InvalidInputError
        If a value is zero, negative, infinite or NaN.

    Examples
    --------
    >>> Calibration(pixel_size_um=0.65).length_unit
    'um'
    >>> Calibration().length_unit
    'px'
    """

    pixel_size_um: float | None = None
    frame_interval_s: float | None = None

    def __post_init__(self) -> None:
        _require_positive("pixel size", self.pixel_size_um, "um")
        _require_positive("frame interval", self.frame_interval_s, "s")

    @property
    def length_unit(self) -> str:
        """``"um"`` if the pixel size is known, otherwise ``"px"``."""
        return "px" if self.pixel_size_um is None else "um"

    @property
    def time_unit(self) -> str:
        """``"min"`` if the frame interval is known, otherwise ``"frames"``."""
        return "frames" if self.frame_interval_s is None else "min"

    @property
    def long_time_unit(self) -> str:
        """``"h"`` if the frame interval is known, otherwise ``"frames"``."""
        return "frames" if self.frame_interval_s is None else "h"

    @property
    def length_per_px(self) -> float:
        """Length units in one pixel."""
        return 1.0 if self.pixel_size_um is None else self.pixel_size_um

    @property
    def time_per_frame(self) -> float:
        """Time units in one frame."""
        return 1.0 if self.frame_interval_s is None else self.frame_interval_s / 60.0

    @property
    def long_time_per_frame(self) -> float:
        """Long time units in one frame."""
        return 1.0 if self.frame_interval_s is None else self.frame_interval_s / 3600.0


def _require_positive(name: str, value: float | None, unit: str) -> None:
    if value is None:
        return
    if not math.isfinite(value) or value <= 0:
        raise InvalidInputError(
            f"The {name} must be a positive number of {unit}, not {value}. "
            f"Leave it out to get results in pixels and frames."
        )
