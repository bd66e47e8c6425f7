"""Error messages for damaged files."""

from __future__ import annotations

from pathlib import Path

from podia.data.errors import MovieReadError


def unreadable_frame(path: Path, frame: int, error: Exception) -> MovieReadError:
    """Return the error for a frame of `path` that cannot be decoded."""
    return MovieReadError(
        f"Frame {frame} (counted from 0) of '{path}' cannot be read: {reason(error)}. "
        f"The file is damaged. Copy or save it again from its source."
    )


def unreadable_file(path: Path, kind: str, error: Exception) -> MovieReadError:
    """Return the error for a file that cannot be opened as `kind`."""
    return MovieReadError(
        f"'{path}' cannot be read as {kind}: {reason(error)}. "
        f"The file is damaged, or is not a {kind}. Copy or save it again from its source."
    )


def reason(error: Exception) -> str:
    """Return the first line of an error without its final full stop, for use within a sentence."""
    text = str(error).strip().splitlines()
    return (text[0] if text else type(error).__name__).rstrip(".")
