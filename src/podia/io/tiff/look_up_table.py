"""Look-up tables of TIFF files, with which viewers show the stored values inverted or in colours."""

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
    """Inverts grey values within the range of the pixel type; a class, so that sources can be pickled."""

    bits: int

    def __call__(self, _frame: int, image: Image) -> Image:
        """Return `image` as displayed."""
        if image.dtype.kind == "u":
            return np.asarray(image.dtype.type(2**self.bits - 1) - image, dtype=image.dtype)
        if image.dtype.kind == "i":
            return np.asarray(-1 - image, dtype=image.dtype)
        return np.asarray(-image, dtype=image.dtype)


def inversion(page: Any, imagej_metadata: Any, channel: int, path: Path) -> Inverted | None:
    """Return the conversion of stored values to displayed values; None if they are equal.

    WhiteIsZero files (including ImageJ's inverting look-up table), and palettes and ImageJ tables that get darker, are
    inverted. Palettes and tables that get brighter in any colour do not change the values.

    Raises
    ------
    MovieReadError
        If a palette is not ordered by brightness, so that its indices are not grey values.
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
    """Return 1 if a table ``(3, N)`` gets brighter, -1 if it gets darker, None otherwise."""
    brightness = np.array([0.299, 0.587, 0.114]) @ table.astype(np.float64)
    steps = np.diff(brightness)
    tolerance = 0.02 * max(float(np.ptp(brightness)), 1.0)
    if steps.min() >= -tolerance and brightness[-1] > brightness[0]:
        return 1
    if steps.max() <= tolerance and brightness[-1] < brightness[0]:
        return -1
    return None
