"""Look-up tables of TIFF files: whether viewers show the stored values inverted, or in colours."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import MovieReadError
from podia.data.movie import Image

_WHITE_IS_ZERO, _PALETTE = 0, 3


@dataclass(frozen=True)
class Inverted:
    """Turns dark into bright within the range of the pixel type; a class, so that sources can be pickled."""

    bits: int

    def __call__(self, _frame: int, image: Image) -> Image:
        """Return `image` as viewers show it."""
        if image.dtype.kind == "u":
            return np.asarray(image.dtype.type(2**self.bits - 1) - image, dtype=image.dtype)
        if image.dtype.kind == "i":
            return np.asarray(-1 - image, dtype=image.dtype)
        return np.asarray(-image, dtype=image.dtype)


def inversion(page: Any, imagej_metadata: Any, channel: int, path: Path) -> Inverted | None:
    """Return what turns stored values into those that viewers show; None where they are the same.

    Inverted are WhiteIsZero files (ImageJ's inverting look-up table among them), palettes and ImageJ tables that get
    darker. Palettes and tables in a colour that gets brighter leave the values as they are.

    Raises
    ------
    MovieReadError
        If a palette is not in order of brightness, so that its indices are not grey values.
    """
    bits = int(page.bitspersample)
    if int(page.photometric) == _WHITE_IS_ZERO:
        return Inverted(bits)
    if int(page.photometric) == _PALETTE and page.colormap is not None:
        direction = _direction(np.asarray(page.colormap))
        if direction is None:
            raise MovieReadError(
                f"'{path}' is a colour image (palette); podia works on grey values. Save it as grey (8 or 16 bit)."
            )
        return Inverted(bits) if direction < 0 else None
    tables = (imagej_metadata or {}).get("LUTs", ())
    if np.ndim(tables) == 2:  # that of a single channel
        tables = [tables]
    if channel < len(tables):
        direction = _direction(np.asarray(tables[channel]))
        return Inverted(bits) if direction == -1 else None
    return None


def _direction(table: NDArray[Any]) -> int | None:
    """Return 1 where a table ``(3, N)`` gets brighter, -1 where it gets darker, None where it does neither."""
    brightness = np.array([0.299, 0.587, 0.114]) @ table.astype(np.float64)
    steps = np.diff(brightness)
    tolerance = 0.02 * max(float(np.ptp(brightness)), 1.0)
    if steps.min() >= -tolerance and brightness[-1] > brightness[0]:
        return 1
    if steps.max() <= tolerance and brightness[-1] < brightness[0]:
        return -1
    return None
