"""The identity of an input: a checksum over its content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from podia.data.errors import MovieReadError

_BLOCK_BYTES = 1 << 20


def fingerprint(path: str | Path) -> str:
    """Return the sha256 of a file's bytes, or of a folder's names and bytes, as 64 hexadecimal digits.

    The file's own name and place do not count, so that a moved movie is still the same. In a folder the names
    count, relative to it, as they tell the order of frames. Content is streamed.

    Raises
    ------
    MovieReadError
        If there is nothing at `path`, or it cannot be read.
    """
    path = Path(path)
    digest = hashlib.sha256()
    try:
        if path.is_dir():
            for file in sorted(p for p in path.rglob("*") if p.is_file()):
                # Name and size first, so that no two folders feed the same bytes.
                digest.update(f"{file.relative_to(path).as_posix()}\0{file.stat().st_size}\0".encode())
                _feed(digest.update, file)
        else:
            _feed(digest.update, path)
    except OSError as error:
        raise MovieReadError(f"'{path}' cannot be read: {error.strerror or error}.") from error
    return digest.hexdigest()


def _feed(update: Callable[[bytes], None], file: Path) -> None:
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            update(block)
