"""Text that any file can hold: names of files that are not UTF-8, as old archives and network disks have them."""

from __future__ import annotations

import re

_UNDECODED = re.compile("[\udc80-\udcff]")
"""How Python keeps a byte that it could not decode."""


def printable(text: str) -> str:
    r"""Return `text` with bytes that the system could not decode read as Western European letters.

    Examples
    --------
    >>> printable("mesure_\udce9")
    'mesure_é'
    """
    return _UNDECODED.sub(lambda match: bytes([ord(match[0]) - 0xDC00]).decode("cp1252", "replace"), text)
