"""Image directories of a TIFF file, read to detect truncated files.

Many readers stop silently where the chain of directories breaks, so that a movie truncated by a full disk or a failed
copy appears shorter. Here this is an error.

Layout: TIFF 6.0 specification (Adobe 1992), section 2, and the BigTIFF extension.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from podia.data.errors import MovieReadError

_SUBFILE_TYPE, _WIDTH, _LENGTH = 254, 256, 257
_OFFSETS, _BYTE_COUNTS = (273, 324), (279, 325)  # strips, tiles
_READ_TAGS = {_SUBFILE_TYPE, _WIDTH, _LENGTH, *_OFFSETS, *_BYTE_COUNTS}
_LARGE_FRAME_PX, _MAX_PX_PER_BYTE = 1 << 26, 20_000
"""Frames of one grey value can be compressed to some thousand pixels per byte."""
_TYPE_CODES = {1: "u1", 3: "u2", 4: "u4", 16: "u8"}
_TYPES_OF_SIZE = {1: (1, 2, 6, 7), 2: (3, 8), 4: (4, 9, 11, 13), 8: (5, 10, 12, 16, 17, 18)}
_TYPE_BYTES = {kind: size for size, kinds in _TYPES_OF_SIZE.items() for kind in kinds}


@dataclass(frozen=True)
class Directory:
    """One page: its size, whether it is a thumbnail, and the end of its pixels and metadata."""

    height: int
    width: int
    is_reduced: bool
    end: int


@dataclass(frozen=True)
class _Layout:
    """Number format: classic TIFF has 32-bit offsets, BigTIFF has 64-bit offsets."""

    order: str
    is_big: bool

    @property
    def count_format(self) -> str:
        return self.order + ("Q" if self.is_big else "H")

    @property
    def offset_format(self) -> str:
        return self.order + ("Q" if self.is_big else "I")

    @property
    def entry_format(self) -> str:
        return self.order + ("HHQ8s" if self.is_big else "HHI4s")


def read_directories(path: Path) -> list[Directory]:
    """Return the pages of a TIFF file in order.

    Raises
    ------
    MovieReadError
        If it is not a TIFF file, or a page or its pixels lie beyond the end of the file.
    """
    size = path.stat().st_size
    directories: list[Directory] = []
    with path.open("rb") as file:
        layout, offset = _read_header(file, path)
        seen: set[int] = set()
        while offset:
            if offset >= size:
                raise _truncated(path, len(directories), size)
            if offset in seen:
                raise MovieReadError(
                    f"'{path}' is damaged: page {len(directories)} refers to an earlier page."
                )
            seen.add(offset)
            try:
                directory, offset = _read_directory(file, offset, layout, size)
            except (struct.error, ValueError, OverflowError, OSError):
                raise _truncated(path, len(directories), size) from None
            if directory.end > size:
                raise _truncated(path, len(directories), size)
            n_pixels = directory.height * directory.width
            if n_pixels > _LARGE_FRAME_PX and n_pixels > _MAX_PX_PER_BYTE * size:
                raise MovieReadError(
                    f"'{path}' is damaged: page {len(directories)} declares {directory.height} x "
                    f"{directory.width} pixels, but the file has only {size} bytes."
                )
            directories.append(directory)
    if not directories:
        raise _truncated(path, 0, size)
    return directories


def _truncated(path: Path, page: int, size: int) -> MovieReadError:
    return MovieReadError(
        f"'{path}' is truncated: page {page} (counted from 0) lies beyond its end, at {size} bytes. "
        f"Copy or save the file again from its source."
    )


def _read_header(file: BinaryIO, path: Path) -> tuple[_Layout, int]:
    head = file.read(16)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    version = struct.unpack(f"{order}H", head[2:4])[0] if order and len(head) >= 8 else 0
    if order is None or version not in (42, 43):
        raise MovieReadError(f"'{path}' is not a TIFF file, despite its name. Save it as TIFF again.")
    layout = _Layout(order, version == 43)
    start = 8 if layout.is_big else 4
    width = struct.calcsize(layout.offset_format)
    return layout, struct.unpack(layout.offset_format, head[start : start + width].ljust(width, b"\0"))[0]


def _read_directory(file: BinaryIO, offset: int, layout: _Layout, size: int) -> tuple[Directory, int]:
    file.seek(offset)
    count = struct.unpack(layout.count_format, file.read(struct.calcsize(layout.count_format)))[0]
    entry_size = struct.calcsize(layout.entry_format)
    _require_within(count * entry_size, size)
    entries = file.read(count * entry_size)
    following = struct.unpack(layout.offset_format, file.read(struct.calcsize(layout.offset_format)))[0]
    tags = {}
    end = 0
    for code, kind, n_values, value in struct.iter_unpack(layout.entry_format, entries):
        n_bytes = n_values * _TYPE_BYTES.get(kind, 0)
        if n_bytes > len(value):
            start = struct.unpack(layout.offset_format, value)[0]
            end = max(end, start + n_bytes)
        if code in _READ_TAGS and kind in _TYPE_CODES:
            if n_bytes > len(value):
                file.seek(start)
                _require_within(n_bytes, size)
                value = file.read(n_bytes)
            # frombuffer raises ValueError if too few bytes are left.
            tags[code] = np.frombuffer(value, layout.order + _TYPE_CODES[kind], n_values).astype(np.int64)
    return _directory(tags, end), following


def _require_within(n_bytes: int, size: int) -> None:
    """Raise ValueError if more bytes than the file has would be read: a damaged count must not exhaust memory."""
    if n_bytes > size:
        raise ValueError


def _directory(tags: dict[int, NDArray[np.int64]], end: int) -> Directory:
    for offsets_tag, counts_tag in zip(_OFFSETS, _BYTE_COUNTS, strict=True):
        offsets, counts = tags.get(offsets_tag), tags.get(counts_tag)
        if offsets is not None and counts is not None and len(offsets) == len(counts) and len(offsets):
            end = max(end, int((offsets + counts).max()))
    return Directory(
        height=_first(tags, _LENGTH),
        width=_first(tags, _WIDTH),
        is_reduced=bool(_first(tags, _SUBFILE_TYPE) & 1),
        end=end,
    )


def _first(tags: dict[int, NDArray[np.int64]], code: int) -> int:
    values = tags.get(code)
    return 0 if values is None or not len(values) else int(values[0])
