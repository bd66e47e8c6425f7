"""Cell diameter as a setting, such as ``30px`` or ``20um``."""

from __future__ import annotations

import re

from podia.data.errors import ConfigurationError

_DIAMETER = re.compile(r"\s*(\d+(?:\.\d*)?|\.\d+)\s*(px|um|µm|μm)\s*")


def is_cell_diameter(text: str) -> bool:
    """Return whether `text` is a positive length in px or um."""
    match = _DIAMETER.fullmatch(text)
    return match is not None and float(match[1]) > 0


def cell_diameter_in_px(text: str, pixel_size_um: float | None) -> float:
    """Return a cell diameter such as ``30px`` or ``20um`` in px of the movie.

    Raises
    ------
    ConfigurationError
        If it is in um and the pixel size is not known.

    Examples
    --------
    >>> cell_diameter_in_px("20um", 0.5)
    40.0
    """
    match = _DIAMETER.fullmatch(text)
    if match is None:
        raise ConfigurationError(f"'{text}' is not a cell diameter. Give a length such as 30px or 20um.")
    value = float(match[1])
    if match[2] == "px":
        return value
    if pixel_size_um is None:
        raise ConfigurationError(
            f"A cell diameter of {text} requires the pixel size, which the movie does not contain. Give "
            "--pixel-size-um, or the diameter in px."
        )
    return value / pixel_size_um
