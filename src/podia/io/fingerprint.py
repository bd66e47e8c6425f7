"""Fingerprint of an input: a checksum of its content."""

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
"""Files that file managers create in folders."""


def fingerprint(path: str | Path) -> str:
    """Return the sha256 of the content of an input, as 64 hexadecimal digits.

    For a single file, this is the checksum of its bytes, without its name and location, so a moved movie keeps its
    fingerprint. For several files, their names are included, because they determine the order: the images of a folder
    (but no other files, such as results), everything in a Zarr store, and all files of an OME-TIFF set. Content is
    streamed.

    Raises
    ------
    MovieReadError
        If `path` does not exist or cannot be read.
    """
    path = Path(path)
    digest = hashlib.sha256()
    try:
        files = _files(path)
        for name, file in files:
            if path.is_dir() or len(files) > 1:
                # Name and size first, so that different folders never hash the same bytes.
                digest.update(f"{name}\0{file.stat().st_size}\0".encode())
            _feed(digest.update, file)
    except OSError as error:
        raise MovieReadError(f"'{path}' cannot be read: {error.strerror or error}.") from error
    return digest.hexdigest()


def _files(path: Path) -> list[tuple[str, Path]]:
    """Return the files that belong to the input, by name."""
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
