"""The identity of an input: a checksum over its content."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from podia.data.errors import MovieReadError
from podia.io.image_folder import TIFF_SUFFIXES, images_in
from podia.io.read import is_zarr
from podia.io.tiff.open import files_of_set

_BLOCK_BYTES = 1 << 20
CLUTTER = (".DS_Store", "Thumbs.db", "desktop.ini")
"""What file managers leave in folders that somebody looks at."""


def fingerprint(path: str | Path) -> str:
    """Return the sha256 of what is read of an input, as 64 hexadecimal digits.

    That is a file's bytes, without its name and place, so that a moved movie is still the same. Where frames lie in
    several files, those count with their names, which tell the order: the images of a folder (nothing else in it, such
    as results), everything in a Zarr, and all files of an OME-TIFF set. Content is streamed.

    Raises
    ------
    MovieReadError
        If there is nothing at `path`, or it cannot be read.
    """
    path = Path(path)
    digest = hashlib.sha256()
    try:
        files = _files(path)
        for name, file in files:
            if path.is_dir() or len(files) > 1:
                # Name and size first, so that no two folders feed the same bytes.
                digest.update(f"{name}\0{file.stat().st_size}\0".encode())
            _feed(digest.update, file)
    except OSError as error:
        raise MovieReadError(f"'{path}' cannot be read: {error.strerror or error}.") from error
    return digest.hexdigest()


def _files(path: Path) -> list[tuple[str, Path]]:
    """Return the files that count, by name."""
    if is_zarr(path):
        inside = sorted(p for p in path.rglob("*") if p.is_file() and p.name not in CLUTTER)
        return [(file.relative_to(path).as_posix(), file) for file in inside]
    if path.is_dir():
        files = sorted(images_in(path))
    else:
        files = files_of_set(path) if path.suffix.lower() in TIFF_SUFFIXES else [path]
    return [(file.name, file) for file in files]


def _feed(update: Callable[[bytes], None], file: Path) -> None:
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK_BYTES):
            update(block)
