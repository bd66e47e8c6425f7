"""The format of a file by its first bytes, since names may have a wrong ending."""

from __future__ import annotations

from pathlib import Path

from podia.data.errors import MovieReadError

_BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"II*\0", ".tif"),
    (0, b"MM\0*", ".tif"),
    (0, b"II+\0", ".tif"),
    (0, b"MM\0+", ".tif"),
    (0, b"\x89PNG\r\n\x1a\n", ".png"),
    (0, b"\xff\xd8\xff", ".jpg"),
    (0, b"\x93NUMPY", ".npy"),
    (0, b"GIF8", ".gif"),
    (8, b"AVI ", ".avi"),
    (4, b"ftyp", ".mp4"),
    (0, b"\x1aE\xdf\xa3", ".mkv"),
    (0, b"\xda\xce\xbe\x0a", ".nd2"),
    (0, b"ZISRAWFILE", ".czi"),
)
"""Offset, bytes at it, and the ending of that format."""
_FILM = (".avi", ".mp4", ".mkv", ".gif")
_TIFF_INSIDE = (".lsm", ".stk", ".svs", ".ndpi", ".scn", ".qptiff", ".oif", ".flex")
"""TIFF files by their first bytes, but with an order of pages of their own."""
_NO_IMAGES = (
    (b"version https://git-lfs", "a pointer of Git LFS, not the file itself. Run 'git lfs pull'."),
    (b"<!doctype html", "a web page, not an image. Download the file again."),
    (b"<html", "a web page, not an image. Download the file again."),
    (b"\x89hdf\r\n", "an HDF5 file, which podia does not read. Save it as TIFF."),
)
_VENDORS = (".nd2", ".czi")
_HEAD = 64


def content_suffix(path: Path) -> str:
    """Return the ending, in lower case, that the file's content calls for; its own where the content does not tell.

    Raises
    ------
    MovieReadError
        If it is a web page, an HDF5 file or a pointer of Git LFS, or an ND2 or CZI file by another name.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     file = Path(folder) / "movie.jpg"
    ...     _ = file.write_bytes(b"II*" + bytes(20))
    ...     content_suffix(file)
    '.tif'
    """
    own = path.suffix.lower()
    if own in _TIFF_INSIDE or not path.is_file():
        return own
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    for beginning, what in _NO_IMAGES:
        if head.lstrip().lower().startswith(beginning):
            raise MovieReadError(f"'{path}' is {what}")
    found = next((suffix for at, part, suffix in _BEGINNINGS if head[at:].startswith(part)), own)
    if found in _VENDORS and own != found:
        raise MovieReadError(
            f"'{path}' is of the format {found[1:].upper()} by its content. Rename it to end in {found}."
        )
    same_family = (found in _FILM and _is_film(own)) or (
        found == ".tif" and own in (".tif", ".tiff", ".btf", ".tf8")
    )
    return own if same_family else found


def _is_film(suffix: str) -> bool:
    return suffix in (*_FILM, ".mov", ".m4v", ".wmv")
