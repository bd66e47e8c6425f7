"""Conversion of lengths and times in files to micrometres and seconds."""

from __future__ import annotations

import math

_NANOMETRES = {
    1: ("nm", "nanometer", "nanometre", "nanometers"),
    1_000: ("um", "µm", "μm", "\\u00b5m", "micron", "microns", "micrometer", "micrometre", "micrometers"),
    1_000_000: ("mm", "millimeter", "millimetre", "millimeters"),
    1_000_000_000: ("m", "meter", "metre"),
}
_MILLISECONDS = {
    1: ("ms", "msec", "millisecond", "milliseconds"),
    1_000: ("s", "sec", "second", "seconds"),
    60_000: ("min", "minute", "minutes"),
    3_600_000: ("h", "hr", "hour", "hours"),
    86_400_000: ("d", "day", "days"),
}
# Integers and one division, so that 650 nm become 0.65 um and not 0.6500000000000001.
_LENGTHS = {name: scale for scale, names in _NANOMETRES.items() for name in names}
_TIMES = {name: scale for scale, names in _MILLISECONDS.items() for name in names}


def length_um(value: float | None, unit: str | None) -> float | None:
    """Return a length in micrometres, or None if it is not a positive number with a known unit.

    Centimetres and inches are excluded on purpose: in image files they are print densities (72 dpi), not the scale of
    a microscope.

    Examples
    --------
    >>> length_um(650, "nm")
    0.65
    >>> length_um(1.0, "pixel") is None
    True
    """
    return _convert(value, unit, _LENGTHS)


def time_s(value: float | None, unit: str | None) -> float | None:
    """Return a time in seconds, or None if it is not a positive number with a known unit."""
    return _convert(value, unit, _TIMES)


def _convert(value: float | None, unit: str | None, scales: dict[str, int]) -> float | None:
    scale = scales.get((unit or "").strip().lower())
    if scale is None or value is None or not math.isfinite(value) or value <= 0:
        return None
    return float(value) if scale == 1_000 else float(value) * scale / 1_000
