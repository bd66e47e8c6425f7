"""Formatting of numbers, units, counts and times."""

from __future__ import annotations

import math
import re

from podia.data.calibration import Calibration

NOT_DEFINED = "not defined"
"""What stands where a number has no meaning."""

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NARROW = "\u202f"
"""A narrow space that does not break, between a number and its unit."""


def pretty_unit(unit: str) -> str:
    """Return a unit of the tables as print has it.

    >>> pretty_unit("um2"), pretty_unit("um/min"), pretty_unit("deg")
    ('µm²', 'µm/min', '°')
    """
    if unit == "deg":
        return "°"
    return re.sub(r"\bum", "µm", unit).replace("2", "²")


def number(value: float | int | None, unit: str = "", *, digits: int = 3) -> str:
    r"""Return `value` to `digits` significant digits with its unit, or "not defined".

    >>> number(1234.56), number(0.03456, "µm"), number(1, "frames"), number(float("nan"), "µm")
    ('1,235', '0.0346\u202fµm', '1\u202fframe', 'not defined')
    """
    # The comparison catches NaN, and pandas' missing whole numbers are turned into NaN by whoever reads them.
    if value is None or not math.isfinite(value):
        return NOT_DEFINED
    separator = "" if unit in ("", "°") else _NARROW
    text = _digits(float(value), digits)
    return f"{text}{separator}{'frame' if unit == 'frames' and text == '1' else unit}"


def _digits(value: float, digits: int) -> str:
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)))
    if exponent < -4 or exponent > 8:
        mantissa = f"{value / 10**exponent:.{digits - 1}f}".rstrip("0").rstrip(".")
        return f"{mantissa} × 10{str(exponent).translate(_SUPERSCRIPTS)}"
    decimals = max(0, digits - 1 - exponent)
    text = f"{value:,.{decimals}f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace("-", "−")


def share(value: float) -> str:
    r"""Return a fraction as a percentage, whole from 10 % on.

    >>> share(0.1234), share(0.0123)
    ('12\u202f%', '1.2\u202f%')
    """
    if not math.isfinite(value):
        return NOT_DEFINED
    percent = 100 * value
    return f"{percent:.0f}{_NARROW}%" if percent >= 9.95 or percent == 0 else f"{percent:.2g}{_NARROW}%"


def count(n: int, singular: str, plural: str | None = None) -> str:
    """Return a number of things.

    >>> count(1, "cell"), count(1200, "cell")
    ('1 cell', '1,200 cells')
    """
    return f"{n:,} {singular if n == 1 else plural or singular + 's'}"


def listing(items: list[int], *, most: int = 5) -> str:
    """Return the first few of a list in words.

    >>> listing([3]), listing([3, 4, 9]), listing([1, 2, 3, 4, 5, 6, 7])
    ('3', '3, 4 and 9', '1, 2, 3, 4, 5 and 2 more')
    """
    shown = [str(item) for item in items[:most]]
    if len(items) > most:
        return f"{', '.join(shown)} and {len(items) - most} more"
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"


def direction_in_words(up: float, right: float) -> str:
    """Return the nearest of eight directions on screen.

    >>> direction_in_words(0.0, -2.0), direction_in_words(1.0, 1.0)
    ('left', 'up and to the right')
    """
    names = (
        "right",
        "up and to the right",
        "up",
        "up and to the left",
        "left",
        "down and to the left",
        "down",
        "down and to the right",
    )
    return names[round(math.atan2(up, right) / (math.pi / 4)) % 8]


def elapsed(seconds: float) -> str:
    """Return a duration in the units that suit it.

    >>> elapsed(42), elapsed(600), elapsed(22200), elapsed(100000)
    ('42 s', '10 min', '6 h 10 min', '27 h 47 min')
    """
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes = round(seconds / 60)
    if minutes < 60:
        return f"{seconds / 60:.3g} min"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def time_of(frame: int, calibration: Calibration) -> str:
    """Return when a frame is: ``h:mm:ss`` where the interval is known, else the frame's number.

    >>> time_of(37, Calibration(frame_interval_s=600.0)), time_of(3, Calibration())
    ('6:10:00', 'frame 3')
    """
    if calibration.frame_interval_s is None:
        return f"frame {frame}"
    seconds = frame * calibration.frame_interval_s
    whole = math.floor(seconds)
    text = f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    if calibration.frame_interval_s != math.floor(calibration.frame_interval_s):
        text += f"{seconds - whole:.3f}"[1:]
    return text
