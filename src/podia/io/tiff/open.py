"""Reader for TIFF stacks, ImageJ hyperstacks and OME-TIFF, frame by frame.

Opening a file reads its directories once and stores one number per frame: the offset of its page or of its pixels.
Files are opened for each read, so that sources can be pickled and keep no file handle.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import numpy as np
import tifffile
from numpy.typing import NDArray

from podia.data.errors import MovieReadError
from podia.data.movie import FrameSource, Image, MappedSource
from podia.io.axes import FramePlan, plan_frames
from podia.io.damaged import unreadable_file, unreadable_frame
from podia.io.movie_part import WHOLE, MoviePart, listed, pick_position
from podia.io.opened_image import OpenedImage
from podia.io.safe_xml import declares_entities
from podia.io.tiff.directory import Directory, read_directories
from podia.io.tiff.look_up_table import inversion
from podia.io.tiff.metadata import names_other_files, read_metadata

Selection = tuple[int | slice, ...]
"""Part of a page that contains the frame: all of it, or one colour."""


@dataclass(frozen=True, eq=False)
class TiffPages:
    """Frames that are pages, compressed or not, in one file or (for OME-TIFF) several."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    files: tuple[Path, ...]
    file_of: NDArray[np.intp] = field(repr=False)
    page_offset_of: NDArray[np.int64] = field(repr=False)
    selection: Selection

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``; raise MovieReadError if it cannot be decoded."""
        path = self.files[self.file_of[frame]]
        try:
            with tifffile.TiffFile(path) as tif:
                tif.filehandle.seek(int(self.page_offset_of[frame]))
                # One thread: parallelism is over movies.
                pixels = tifffile.TiffPage(tif, index=frame).asarray(maxworkers=1)[self.selection]
            if pixels.shape != self.shape[1:]:
                raise ValueError(f"it has {pixels.shape} pixels, not {self.shape[1:]}")
        except Exception as error:  # codecs raise arbitrary exceptions
            raise unreadable_frame(path, frame, error) from error
        return np.ascontiguousarray(pixels, dtype=self.dtype)


@dataclass(frozen=True, eq=False)
class TiffBlock:
    """Contiguous uncompressed frames, including ImageJ stacks with one directory (above 4 GB)."""

    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    path: Path
    stored_dtype: np.dtype[Any]
    page_shape: tuple[int, ...]
    pixel_offset_of: NDArray[np.int64] = field(repr=False)
    selection: Selection

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``; raise MovieReadError if the file ends before it."""
        count = int(np.prod(self.page_shape))
        try:
            pixels = np.fromfile(
                self.path, self.stored_dtype, count, offset=int(self.pixel_offset_of[frame])
            ).reshape(self.page_shape)
        except (OSError, ValueError) as error:
            raise unreadable_frame(self.path, frame, error) from error
        return np.ascontiguousarray(pixels[self.selection], dtype=self.dtype)


def open_tiff(path: Path, part: MoviePart = WHOLE, *, is_labels: bool = False) -> OpenedImage:
    """Open one channel and position of a TIFF file, with the scale from its metadata.

    Grey values are as displayed by viewers; label values are as stored.

    Raises
    ------
    MovieReadError
        If it is not a TIFF file, is truncated, has pages that differ in size, or contains more than one movie.
    """
    directories = read_directories(path)
    try:
        with tifffile.TiffFile(path) as tif:
            return _open(tif, path, directories, part, is_labels=is_labels)
    except MovieReadError:
        raise
    except Exception as error:  # a damaged file may break the parser anywhere
        raise unreadable_file(path, "TIFF file", error) from error


def _open(
    tif: tifffile.TiffFile, path: Path, directories: Sequence[Directory], part: MoviePart, *, is_labels: bool
) -> OpenedImage:
    _require_all_imagej_planes(tif, path, directories)
    if not tif.is_ome:
        _require_one_size(path, directories)
    if tif.is_ome and declares_entities(tif.ome_metadata or ""):
        raise MovieReadError(
            f"The OME-XML of '{path}' declares entities, which microscopes do not write. podia does not read it."
        )
    image, parts = _parts(tif, path, part.position)
    axes, shape = _axes_in_all(parts)
    metadata = read_metadata(tif, image)
    plan = plan_frames(
        axes,
        shape,
        path,
        channel=part.channel,
        channel_names=metadata.channel_names,
        position=_own_position(tif, axes, part.position),
        position_names=_names_on_axis(parts[0]),
    )
    source: FrameSource = _source(parts, shape, plan, path, tif.byteorder)
    notes = metadata.notes
    inverted = None
    if not is_labels:
        channel = plan.fixed.get(plan.axes.index("C"), 0) if "C" in plan.axes else 0
        inverted = inversion(parts[0].keyframe, tif.imagej_metadata, channel, path)
    if inverted is not None:
        source = MappedSource(source, inverted, source.dtype, source.shape[1:])
        notes += (
            f"'{path}' stores its grey values inverted (white is zero): they are read as displayed by "
            "viewers.",
        )
    return OpenedImage(
        source, metadata.pixel_height_um, metadata.pixel_width_um, metadata.frame_interval_s, notes
    )


def files_of_set(path: Path) -> list[Path]:
    """Return the files with the pages of an OME-TIFF, by name; any other file alone."""
    try:
        with tifffile.TiffFile(path) as tif:
            if not tif.is_ome or not names_other_files(tif.ome_metadata or "", path.name):
                return [path]  # without reading all its pages
            pages = [page for series in tif.series for page in series if page is not None]
            return sorted({Path(page.parent.filehandle.path) for page in pages}) or [path]
    except Exception:  # a damaged file may break the parser anywhere; it has no other files
        return [path]


def positions_in_tiff(path: Path) -> list[str]:
    """Return the names of the positions (images, series) in a TIFF file, or in the set of files that it belongs to."""
    read_directories(path)  # rejects files that tifffile would read endlessly
    try:
        with tifffile.TiffFile(path) as tif:
            images = _images(tif, path)
            if len(images) == 1 or _is_one_movie(images):
                return _names_on_axis(images[0])
            return _image_names(images)
    except MovieReadError:
        raise
    except Exception as error:  # a damaged file may break the parser anywhere
        raise unreadable_file(path, "TIFF file", error) from error


def _images(tif: tifffile.TiffFile, path: Path) -> list[Any]:
    """Return the series of pages of a file, without thumbnails and without iterating over a damaged page count."""
    images = [series for series in tif.series if not series.keyframe.is_reduced] or tif.series[:1]
    for series in images:
        if (
            not (tif.is_ome or tif.is_micromanager)
            and series.dataoffset is None
            and _n_planes(series) > len(tif.pages)
        ):
            raise MovieReadError(
                f"'{path}' is damaged: it declares {_n_planes(series)} images, but has {len(tif.pages)} "
                "pages. Copy or save the file again from its source."
            )
    return images


def _parts(tif: tifffile.TiffFile, path: Path, position: int | str | None) -> tuple[int, list[Any]]:
    """Return the number of the image (position) to read, and its series of pages, which follow one another in time.

    It is one series, except for files written one frame at a time: tifffile makes each ``write`` a separate series.
    """
    images = _images(tif, path)
    if len(images) == 1 or _is_one_movie(images):
        return 0, images
    if position is None:
        own = [number for number, series in enumerate(images) if _lies_in(series, path)]
        if len(own) == 1:  # a set with one file per position: use the position of this file
            return own[0], [images[own[0]]]
    if len({(series.axes, series.dtype) for series in images}) > 1 and position is None:
        raise MovieReadError(
            f"'{path}' contains {len(images)} images (positions, or pages of different kinds). Select one "
            f"with --position ({listed(_image_names(images))}), or save it as a separate file."
        )
    number = pick_position(position, _image_names(images), path)
    return number, [images[number]]


def _is_one_movie(images: Sequence[Any]) -> bool:
    return images[0].kind == "shaped" and all(_continues(series, images[0]) for series in images)


def _image_names(images: Sequence[Any]) -> list[str]:
    names = [str(series.name) for series in images]
    return names if all(names) and len(set(names)) == len(names) else [str(i) for i in range(len(names))]


def _lies_in(series: Any, path: Path) -> bool:
    """Return whether all pages of a series lie in the file at `path`, while those of others lie elsewhere."""
    return {Path(page.parent.filehandle.path).name for page in series if page is not None} == {path.name}


def _names_on_axis(series: Any) -> list[str]:
    """Return the names of the positions along the axis R or P of Micro-Manager's files; numbers if it has no names."""
    axis = next((series.axes.index(name) for name in "RP" if name in series.axes), None)
    if axis is None:
        return ["0"]
    files = [Path(page.parent.filehandle.path).name for page in series if page is not None]
    found = sorted(
        {match[1] for name in files if (match := re.search(r"_MMStack_(.+?)(?:_\d+)?\.ome\.tif", name))}
    )
    count = series.shape[axis]
    return found if len(found) == count else [f"Pos{number}" for number in range(count)]


def _own_position(tif: tifffile.TiffFile, axes: str, position: int | str | None) -> int | str | None:
    """Return the requested position; by default, that of a Micro-Manager file with a single position."""
    if position is not None or not set("RP") & set(axes):
        return position
    index = (tif.micromanager_metadata or {}).get("IndexMap")
    own = set() if index is None else set(np.asarray(index)[:, 3].tolist())
    names = _names_on_axis(tif.series[0])
    return names[own.pop()] if len(own) == 1 else None


def _continues(part: Any, first: Any) -> bool:
    """Return whether `part` is a frame, or frames over time, like those of the first series."""
    n_page_axes = first.keyframe.ndim
    is_like_first = (
        part.keyframe.ndim == n_page_axes
        and part.axes[-n_page_axes:] == first.axes[-n_page_axes:]
        and part.shape[-n_page_axes:] == first.shape[-n_page_axes:]
        and part.dtype == first.dtype
    )
    lead = zip(part.axes[:-n_page_axes], part.shape[:-n_page_axes], strict=True)
    return is_like_first and all(size == 1 or name == "T" for name, size in lead)


def _axes_in_all(parts: Sequence[Any]) -> tuple[str, tuple[int, ...]]:
    """Return axes and shape of one series, or of several consecutive ones."""
    first = parts[0]
    if len(parts) == 1:
        return first.axes, first.shape
    return "T" + first.axes[-first.keyframe.ndim :], (
        sum(_n_planes(part) for part in parts),
        *first.shape[-first.keyframe.ndim :],
    )


def _n_planes(series: Any) -> int:
    return int(np.prod(series.shape[: -series.keyframe.ndim]))


def _source(
    parts: Sequence[Any], whole: tuple[int, ...], plan: FramePlan, path: Path, byteorder: str
) -> FrameSource:
    n_page_axes = parts[0].keyframe.ndim
    lead, page_shape = whole[:-n_page_axes], whole[-n_page_axes:]
    selection = plan.index(0)[-n_page_axes:]
    if plan.axes[-n_page_axes:].count("Y") + plan.axes[-n_page_axes:].count("X") != 2 or (
        plan.time_axis is not None and plan.time_axis >= len(plan.axes) - n_page_axes
    ):
        raise MovieReadError(
            f"The pages of '{path}' are not frames (its axes are {plan.axes}). Save one page per frame."
        )
    numbers = [_flat(plan.index(frame)[:-n_page_axes], lead) for frame in range(plan.n_frames)]
    shape = (plan.n_frames, whole[plan.axes.index("Y")], whole[plan.axes.index("X")])
    dtype = parts[0].dtype.newbyteorder("=")
    starts = [part.dataoffset for part in parts]
    if None not in starts:
        stored = parts[0].dtype.newbyteorder(byteorder)
        page_bytes = int(np.prod(page_shape)) * stored.itemsize
        planes = [
            start + np.arange(_n_planes(part), dtype=np.int64) * page_bytes
            for start, part in zip(starts, parts, strict=True)
        ]
        offsets = np.concatenate(planes)[numbers]
        _require_inside(path, offsets, page_bytes)
        return TiffBlock(shape, dtype, path, stored, page_shape, offsets, selection)
    pages = parts[0] if len(parts) == 1 else [page for part in parts for page in part]
    return _pages_source(pages, numbers, shape, dtype, path, selection)


def _pages_source(
    pages: Sequence[Any],
    numbers: Sequence[int],
    shape: tuple[int, int, int],
    dtype: np.dtype[Any],
    path: Path,
    selection: Selection,
) -> TiffPages:
    files: dict[Path, int] = {}
    file_of, offset_of = [], []
    for frame, number in enumerate(numbers):
        page = pages[number]
        if page is None:
            raise MovieReadError(
                f"Frame {frame} of '{path}' is missing: it is in another file of the same set. "
                f"Put all files of the set in one folder."
            )
        file = Path(page.parent.filehandle.path)
        file_of.append(files.setdefault(file, len(files)))
        offset_of.append(page.offset)
    return TiffPages(
        shape, dtype, tuple(files), np.array(file_of, np.intp), np.array(offset_of, np.int64), selection
    )


def _flat(index: Selection, lead: tuple[int, ...]) -> int:
    """Return the number of a page along the `lead` axes, with the last axis varying fastest."""
    return int(np.ravel_multi_index(cast(tuple[int, ...], index), lead)) if lead else 0


def _require_one_size(path: Path, directories: Sequence[Directory]) -> None:
    """Check that all pages other than thumbnails have the same size."""
    pages = [(number, page) for number, page in enumerate(directories) if not page.is_reduced]
    if not pages:
        return
    first = pages[0][1]
    for number, page in pages:
        if (page.height, page.width) != (first.height, first.width):
            raise MovieReadError(
                f"The frames of '{path}' differ in size: page {number} has {page.height} x {page.width} "
                f"pixels, page {pages[0][0]} has {first.height} x {first.width}. Crop them to the same size."
            )


def _require_all_imagej_planes(tif: tifffile.TiffFile, path: Path, directories: Sequence[Directory]) -> None:
    """Compare the number of planes with the ImageJ description, to detect truncated files."""
    metadata = tif.imagej_metadata
    if metadata is None or tif.is_ome:
        return
    declared = int(metadata.get("images", 1))
    page = tif.pages.first
    if page.samplesperpixel > 1:
        return  # colours may or may not be counted as planes
    found = len(directories)
    if found == 1 and page.is_contiguous:
        found = (path.stat().st_size - page.dataoffsets[0]) // page.nbytes
    if found < declared:
        raise MovieReadError(
            f"'{path}' is truncated: it should contain {declared} images, but has only {found}. "
            f"Copy or save the file again from its source."
        )


def _require_inside(path: Path, offsets: NDArray[np.int64], page_bytes: int) -> None:
    size = path.stat().st_size
    beyond = np.flatnonzero(offsets + page_bytes > size)
    if len(beyond):
        raise MovieReadError(
            f"'{path}' is truncated: frame {beyond[0]} (counted from 0) lies beyond its end, at {size} "
            f"bytes. Copy or save the file again from its source."
        )
