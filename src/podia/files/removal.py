"""Removal of outdated files and folders."""

from __future__ import annotations

import shutil
from pathlib import Path

from podia.data.errors import OutputError


def remove(path: Path) -> None:
    """Remove a file, or a folder with all its content, if it exists.

    Raises
    ------
    OutputError
        If the system refuses, for example because another program has the file open.
    """
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"Cannot remove '{error.filename or path}', which is out of date: {error.strerror or error}. "
            f"Close the programs that have it open, and run the same command again."
        ) from error
