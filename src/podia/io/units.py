"""Conversion of lengths and times in files to micrometres and seconds."""

from __future__ import annotations

import math

_PICOMETRES = {
    1: ("pm", "picometer", "picometre"),
    100: ("å", "Å", "angstrom", "ångström"),
    1_000: ("nm", "nanometer", "nanometre", "nanometers"),
    1_000_000: ("um", "µm", "μm", "\\u00b5m", "micron", "microns", "micrometer", "micrometre", "micrometers"),
    1_000_000_000: ("mm", "millimeter", "millimetre", "millimeters"),
    10_000_000_000: ("cm", "centimeter", "centimetre", "centimeters"),
    25_400_000_000: ("in", "inch", "inches"),
    1_000_000_000_000: ("m", "meter", "metre"),
}
_MILLISECONDS = {
    0.001: ("us", "µs", "μs", "microsecond", "microseconds"),
    1: ("ms", "msec", "millisecond", "milliseconds"),
    1_000: ("s", "sec", "second", "seconds"),
    60_000: ("min", "minute", "minutes"),
    3_600_000: ("h", "hr", "hour", "hours"),
    86_400_000: ("d", "day", "days"),
}
# Integers and one division, so that 650 nm become 0.65 um and not 0.6500000000000001.
_LENGTHS: dict[str, float] = {name: scale for scale, names in _PICOMETRES.items() for name in names}
_TIMES: dict[str, float] = {name: scale for scale, names in _MILLISECONDS.items() for name in names}


def length_um(value: float | None, unit: str | None) -> float | None:
    """Return a length in micrometres, or None if it is not a positive number with a known unit.

    Examples
    --------
    >>> length_um(650, "nm")
    0.65
    >>> length_um(1.0, "pixel") is None
    True
    """
    return _convert(value, unit, _LENGTHS, 1_000_000)


def time_s(value: float | None, unit: str | None) -> float | None:
    """Return a time in seconds, or None if it is not a positive number with a known unit."""
    return _convert(value, unit, _TIMES, 1_000)


def is_print_unit(unit: str | None) -> bool:
    """Return whether a unit is one of print density (such as 72 dpi), written by programs without a scale."""
    return _LENGTHS.get(_plain(unit)) in (10_000_000_000, 25_400_000_000)


def number(text: object) -> float | None:
    """Parse a number with a decimal point or comma; None if it is not a number.

    Examples
    --------
    >>> number("0,65"), number("six")
    (0.65, None)
    """
    try:
        return float(str(text).strip().replace(",", "."))
    except ValueError:
        return None


def _plain(unit: str | None) -> str:
    """Return a unit in lower case, repaired if UTF-8 was read as Latin-1."""
    text = (unit or "").strip()
    if "Â" in text or "Ã" in text or "Î" in text:
        text = text.encode("latin-1", "ignore").decode("utf-8", "ignore")
    return text.lower()


def _convert(value: float | None, unit: str | None, scales: dict[str, float], per_unit: int) -> float | None:
    scale = scales.get(_plain(unit))
    if scale is None or value is None or not math.isfinite(value) or value <= 0:
        return None
    return float(value) if scale == per_unit else float(value) * scale / per_unit
