"""Folders with one file per frame: images in natural order, and Cell Tracking Challenge (CTC) folders.

CTC layout: ``01/t000.tif``; results ``mask000.tif``; ground truth ``SEG/man_seg000.tif`` and
``TRA/man_track000.tif``. The number of digits and the first number vary.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from podia.data.errors import MovieReadError
from podia.data.movie import Image
from podia.io.natural_order import natural_key, require_one_sequence
from podia.io.opened_image import OpenedImage
from podia.io.picture import PICTURE_SUFFIXES, open_picture
from podia.io.tiff.open import open_tiff

TIFF_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")
_CTC_LABELS = re.compile(r"(?:mask|man_track|man_seg)(\d+)\.tiff?", re.IGNORECASE)
_CTC_NAMES = re.compile(r"(t|mask|man_track|man_seg)(\d+)\.tiff?", re.IGNORECASE)


@dataclass(frozen=True)
class FileSequence:
    """Frames in one file each, opened when they are read."""

    paths: tuple[Path, ...] = field(repr=False)
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    channel: int | str | None = None
    palette_is_grey: bool = False

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``; raise MovieReadError if its file cannot be decoded."""
        return _open_file(self.paths[frame], self.channel, self.palette_is_grey).source.read(0)


def open_image_folder(
    folder: Path, *, channel: int | str | None = None, is_labels: bool = False
) -> OpenedImage:
    """Return the frames in a folder, with the scale of the first file.

    For labels, CTC label files take precedence over other images in the folder.

    Raises
    ------
    MovieReadError
        If there are no images, images of several movies, or images that differ in size or type.
    """
    paths = frame_paths(folder, is_labels=is_labels)
    first = _open_file(paths[0], channel, is_labels)
    _, height, width = first.source.shape
    for path in paths:
        _require_like_first(path, _open_file(path, channel, is_labels), paths[0], first)
    source = FileSequence(tuple(paths), (len(paths), height, width), first.source.dtype, channel, is_labels)
    return OpenedImage(source, first.pixel_height_um, first.pixel_width_um, first.frame_interval_s)


def frame_paths(folder: Path, *, is_labels: bool = False) -> list[Path]:
    """Return the image files of a folder in natural order, without hidden files."""
    images = images_in(folder)
    if is_labels:
        images = [path for path in images if _CTC_LABELS.fullmatch(path.name)] or images
    if not images:
        raise MovieReadError(f"The folder '{folder}' contains no images.{_inner_folders(folder)}")
    suffixes = sorted({path.suffix.lower() for path in images})
    if len(suffixes) > 1:
        raise MovieReadError(
            f"The folder '{folder}' contains several image formats: {', '.join(suffixes)}. "
            f"Keep only the frames of one movie in it."
        )
    images.sort(key=lambda path: natural_key(path.name))
    require_one_sequence(images)
    _warn_of_gaps(images)
    return images


def images_in(folder: Path) -> list[Path]:
    """Return the files of a folder with image suffixes, in no particular order, without hidden files."""
    suffixes = (*TIFF_SUFFIXES, *PICTURE_SUFFIXES)
    return [
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes and not path.name.startswith(".") and path.is_file()
    ]


def frame_numbers(paths: Sequence[Path]) -> list[int]:
    """Return the numbers in CTC file names (``man_seg042.tif`` is 42); empty if any name is not a CTC name."""
    matches = [_CTC_NAMES.fullmatch(path.name) for path in paths]
    return [int(match[2]) for match in matches if match] if all(matches) else []


def _warn_of_gaps(paths: Sequence[Path]) -> None:
    # Gold segmentations are sparse by design; movies and tracks are not.
    if paths[0].name.lower().startswith("man_seg"):
        return
    numbers = frame_numbers(paths)
    if numbers and numbers[-1] - numbers[0] + 1 != len(numbers):
        missing = numbers[-1] - numbers[0] + 1 - len(numbers)
        warnings.warn(
            f"{missing} frames are missing in '{paths[0].parent}' (numbers {numbers[0]} to {numbers[-1]}, "
            f"{len(numbers)} files). The frames are read as consecutive.",
            UserWarning,
            stacklevel=2,
        )


def _open_file(path: Path, channel: int | str | None, palette_is_grey: bool) -> OpenedImage:
    if path.stat().st_size == 0:
        raise MovieReadError(f"The file '{path}' is empty (0 bytes). Copy it again from its source.")
    if path.suffix.lower() in TIFF_SUFFIXES:
        return open_tiff(path, channel=channel)
    return open_picture(path, channel=channel, palette_is_grey=palette_is_grey)


def _require_like_first(path: Path, opened: OpenedImage, first_path: Path, first: OpenedImage) -> None:
    n_frames, *size = opened.source.shape
    if n_frames != 1:
        raise MovieReadError(
            f"'{path}' contains {n_frames} images, but a folder is read as a movie with one file per frame. "
            f"Give the file instead of the folder."
        )
    if tuple(size) != first.source.shape[1:]:
        expected = first.source.shape[1:]
        raise MovieReadError(
            f"The frames in '{path.parent}' differ in size: '{path.name}' has {size[0]} x {size[1]} pixels, "
            f"'{first_path.name}' has {expected[0]} x {expected[1]}. Crop them to the same size."
        )
    if opened.source.dtype != first.source.dtype:
        raise MovieReadError(
            f"The frames in '{path.parent}' differ in type: '{path.name}' is {opened.source.dtype}, "
            f"'{first_path.name}' is {first.source.dtype}. Save all of them in the same type."
        )


def _inner_folders(folder: Path) -> str:
    inner = sorted(path.name for path in folder.iterdir() if path.is_dir())
    return f" It contains the folders {', '.join(inner[:5])}. Give one of them." if inner else ""
