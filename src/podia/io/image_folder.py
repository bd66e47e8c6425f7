"""Reader for folders with one file per frame, including those of the Cell Tracking Challenge (CTC).

CTC layout: ``01/t000.tif``; results ``mask000.tif``; ground truth ``SEG/man_seg000.tif`` and
``TRA/man_track000.tif``. The number of digits and the first number vary.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from podia.data.errors import MovieReadError
from podia.data.movie import Image
from podia.io.axes import resolve_channel
from podia.io.content_kind import content_suffix
from podia.io.file_names import FileNames, parse_names
from podia.io.movie_part import WHOLE, MoviePart, listed, pick_position
from podia.io.opened_image import OpenedImage
from podia.io.picture import PICTURE_SUFFIXES, open_picture
from podia.io.tiff.open import open_tiff

TIFF_SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")
_CTC_LABELS = re.compile(r"(?:mask|man_track|man_seg)(\d+)\.tiff?", re.IGNORECASE)
_CTC_NAMES = re.compile(r"(t|mask|man_track|man_seg)(\d+)\.tiff?", re.IGNORECASE)


@dataclass(frozen=True)
class FileSequence:
    """Frames in one file each, opened when they are read; None for a missing file."""

    paths: tuple[Path | None, ...] = field(repr=False)
    shape: tuple[int, int, int]
    dtype: np.dtype[Any]
    channel: int | str | None = None
    is_labels: bool = False

    def read(self, frame: int) -> Image:
        """Return frame `frame`, ``(Y, X)``, zeros if it is missing; raise MovieReadError if it cannot be decoded."""
        path = self.paths[frame]
        if path is None:
            return np.zeros(self.shape[1:], self.dtype)
        return _open_file(path, self.channel, self.is_labels).source.read(0)


def open_image_folder(folder: Path, part: MoviePart = WHOLE, *, is_labels: bool = False) -> OpenedImage:
    """Return the frames in a folder, with the scale of the first file.

    File names define time point, position and channel; a gap in the numbering is a missing frame. For labels, CTC label
    files come before other images in the folder.

    Raises
    ------
    MovieReadError
        If there are no images, or several movies' mixed and none is picked, or they differ in size or type.
    """
    names = parse_names(_image_paths(folder, is_labels=is_labels), part.pattern)
    chosen, channel = _one_movie(names, folder, part)
    paths, step, notes = _in_time(chosen, folder, fills_gaps=part.fills_gaps)
    present = [path for path in paths if path is not None]
    first = _open_file(present[0], channel, is_labels)
    _, height, width = first.source.shape
    for path in present:
        _require_like_first(path, _open_file(path, channel, is_labels), present[0], first)
    source = FileSequence(tuple(paths), (len(paths), height, width), first.source.dtype, channel, is_labels)
    interval = first.frame_interval_s
    if interval is None and chosen.in_seconds and step:
        interval = float(step)
    return replace(first, source=source, frame_interval_s=interval, notes=(*first.notes, *notes))


def frame_paths(folder: Path, *, is_labels: bool = False) -> list[Path]:
    """Return the image files of a folder in the order of their frames, without hidden files."""
    return [file.path for file in parse_names(_image_paths(folder, is_labels=is_labels)).files]


def positions_in_folder(folder: Path, pattern: str | None = None) -> list[str]:
    """Return the positions (wells, fields) in the file names of a folder."""
    return parse_names(_image_paths(folder), pattern).values("position")


def _image_paths(folder: Path, *, is_labels: bool = False) -> list[Path]:
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
    return images


def _one_movie(names: FileNames, folder: Path, part: MoviePart) -> tuple[FileNames, int | str | None]:
    """Return the files of the selected position and channel, and the channel to select within each file."""
    channel = part.channel
    positions = names.values("position")
    if len(positions) > 1 or part.position is not None:
        names = names.only("position", positions[pick_position(part.position, positions, folder)])
    channels = names.values("channel")
    if len(channels) > 1:
        names = names.only("channel", channels[_pick_channel(channel, channels, folder)])
        channel = None
    planes = names.values("z")
    if len(planes) > 1:
        raise MovieReadError(
            f"'{folder}' contains {len(planes)} Z planes ({listed(planes)}) at each time point; podia works on 2-D "
            f"movies. Keep the files of one plane, such as with --pattern "
            f'"{_with_one_plane(names, planes[len(planes) // 2])}".'
        )
    return names, channel


def _pick_channel(channel: int | str | None, channels: Sequence[str], folder: Path) -> int:
    if channel is not None and str(channel) in channels:
        return list(channels).index(str(channel))
    return resolve_channel(channel, len(channels), channels, folder)


def _with_one_plane(names: FileNames, plane: str) -> str:
    """Suggest a pattern for a Z plane, with the last other number of the name as time."""
    name = next(file.path.name for file in names.files if file.z == plane)
    return re.sub(r"(?i)(t(?:ime)?)(\d+)", r"\1{time}", name, count=1)


def _in_time(
    names: FileNames, folder: Path, *, fills_gaps: bool
) -> tuple[list[Path | None], int | None, list[str]]:
    """Return the files in order, with None for gaps in the numbering, the usual step, and notes."""
    files = names.files
    paths: list[Path | None] = [file.path for file in files]
    notes = []
    if names.counts:
        notes.append(
            f"The names in '{folder}' contain {' x '.join(map(str, names.counts))} numbers. They are read "
            f"as one movie, from '{files[0].path.name}', '{files[1].path.name}' to "
            f"'{files[-1].path.name}'. If these are several positions or channels, describe them with "
            f'--pattern, such as --pattern "{{position}}_{{time}}{files[0].path.suffix}".'
        )
    # Gold segmentations of the Cell Tracking Challenge are sparse by design.
    if not fills_gaps or len(files) < 3 or names.counts or files[0].path.name.lower().startswith("man_seg"):
        return paths, None, notes
    steps = np.diff([file.time for file in files])
    values, counts = np.unique(steps, return_counts=True)
    step = int(values[np.argmax(counts)])
    if (steps == step).all():
        return paths, step, notes
    missing = steps // step - 1
    if (steps % step).any() or missing.sum() > 2 * len(files):
        unit = " s" if names.in_seconds else ""
        notes.append(
            f"The images in '{folder}' are not evenly spaced in time: steps range from {steps.min()}{unit} to "
            f"{steps.max()}{unit}. They are read as frames {step}{unit} apart; speeds are not reliable."
        )
        return paths, step, notes
    filled: list[Path | None] = [paths[0]]
    for n_missing, path in zip(missing, paths[1:], strict=True):
        filled += [None] * int(n_missing) + [path]
    gaps = [frame for frame, path in enumerate(filled) if path is None]
    what = "frame is missing" if len(gaps) == 1 else "frames are missing"
    notes.append(
        f"{len(gaps)} {what} in '{folder}' (numbers {files[0].time} to {files[-1].time}, {len(files)} "
        f"files): {listed([str(gap) for gap in gaps])}, counted from 0. They count as elapsed time; "
        "nothing is measured in them."
    )
    return filled, step, notes


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


def _open_file(path: Path, channel: int | str | None, is_labels: bool) -> OpenedImage:
    if path.stat().st_size == 0:
        raise MovieReadError(f"The file '{path}' is empty (0 bytes). Copy it again from its source.")
    if content_suffix(path) in TIFF_SUFFIXES:
        return open_tiff(path, MoviePart(channel=channel), is_labels=is_labels)
    return open_picture(path, channel=channel, is_labels=is_labels)


def _require_like_first(path: Path, opened: OpenedImage, first_path: Path, first: OpenedImage) -> None:
    n_frames, *size = opened.source.shape
    if n_frames != 1:
        raise MovieReadError(
            f"'{path}' contains {n_frames} images, but a folder is read as a movie with one file per "
            "frame. Use the file instead of the folder."
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
    return f" It contains the folders {', '.join(inner[:5])}. Use one of them." if inner else ""
