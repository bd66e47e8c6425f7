"""Which pixel types are grey values that podia works on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from podia.data.errors import MovieReadError

_ALLOWED = ("uint8", "uint16", "uint32", "int8", "int16", "int32", "float16", "float32", "float64")


def require_grey_values(dtype: np.dtype[Any], path: Path) -> None:
    """Raise MovieReadError unless pixels are integers of 8 to 32 bit or floats of 16 to 64 bit."""
    if dtype.newbyteorder("=").name in _ALLOWED:
        return
    what = "black and white (1 bit)" if dtype == np.bool_ else f"of type {dtype.name}"
    hint = " Labels, with a number for each cell, belong under --labels." if dtype == np.bool_ else ""
    raise MovieReadError(
        f"The pixels of '{path}' are {what}; a movie has grey values of 8, 16 or 32 bit, or floats. "
        f"Save it as one of those.{hint}"
    )
