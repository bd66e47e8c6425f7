"""Supported pixel types of movies."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from podia.data.errors import MovieReadError

_ALLOWED = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64")


def require_grey_values(dtype: np.dtype[Any], path: Path) -> None:
    """Raise MovieReadError unless pixels are 8-bit to 32-bit integers or 16-bit to 64-bit floats."""
    if dtype.newbyteorder("=").name in _ALLOWED:
        return
    what = "black and white (1 bit)" if dtype == np.bool_ else f"of type {dtype.name}"
    hint = " For labels, with one number per cell, use --labels." if dtype == np.bool_ else ""
    raise MovieReadError(
        f"The pixels of '{path}' are {what}; a movie needs 8-bit, 16-bit, 32-bit or floating-point grey values. "
        f"Save it in one of these types.{hint}"
    )
