"""Hashes of all output files, to compare two runs."""

from __future__ import annotations

import hashlib
from pathlib import Path


def output_hashes(folder: Path) -> dict[str, str]:
    """Return ``relative path -> sha256`` of everything that a run leaves for users (``.podia`` left out)."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".podia" not in path.relative_to(folder).parts
    }
