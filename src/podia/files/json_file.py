"""Reading and atomic writing of JSON files."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from podia.files.atomic import atomic_path
from podia.files.printable import printable


def read_json(path: Path) -> dict[str, Any] | None:
    """Return the values written by :func:`write_json`, or None if the file does not exist."""
    if not path.is_file():
        return None
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write `values` atomically, keys in the given order."""
    text = json.dumps(values, indent=2, ensure_ascii=False)
    if printable(text) != text:  # a file's name that is not UTF-8, which has to come back as it is
        text = json.dumps(values, indent=2)
    with atomic_path(path) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")
