"""Annotations in an annotation folder, found by file name, from any supported program."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from podia.data.errors import InvalidInputError, MovieReadError, nearest_name_hint
from podia.data.movie import LabelImage
from podia.io.drawn.drawings import read_drawing
from podia.io.drawn.outlines import read_outlines
from podia.io.image_folder import TIFF_SUFFIXES
from podia.io.picture import PICTURE_SUFFIXES
from podia.io.points import POINT_SUFFIXES, looked_at_frames, read_points, says_frames
from podia.io.read import movie_name, read, read_labels
from podia.training.annotation.folder import (
    IMAGES,
    MASKS,
    NO_CELLS,
    POINTS,
    README,
    RECORD,
    AnnotationFolder,
    AnnotationRecord,
    PictureRecord,
)

MASK_ENDINGS = ("", "_mask", "_masks", "_label", "_labels", "_seg", "_cp_masks")
"""Suffixes that programs append to the name of an image for its label image."""

_MARK_ENDINGS = (*MASK_ENDINGS, "_RoiSet", "_rois", "_points", "_shapes")
_STACKS = ("labels", "masks", "points", "shapes", "roiset")
"""Names (lower case) of files with the annotations of all images, in order."""
_CELLPOSE = "_seg.npy"
_LABEL_SUFFIXES = (*TIFF_SUFFIXES, ".png", ".npy")
_NO_MARKS = (RECORD, NO_CELLS, README)


class Outlined(Protocol):
    """Source of the labels of an image; can be pickled."""

    def read(self) -> LabelImage:
        """Return the labels, ``(Y, X)`` int32."""


@dataclass(frozen=True)
class Marks:
    """Annotation of an image: outlines, or only positions ``(N, 2)`` as ``(y, x)`` px."""

    outlines: Outlined | None = None
    points: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class LabelFile:
    """One frame of a label image or stack."""

    path: Path
    index: int = 0

    def read(self) -> LabelImage:
        """Return the labels, ``(Y, X)`` int32."""
        return read_labels(self.path).frame(self.index)


@dataclass(frozen=True)
class OutlineFile:
    """The outlines of one frame in a file of Fiji, LabelMe or napari."""

    path: Path
    index: int
    frame_shape: tuple[int, int]

    def read(self) -> LabelImage:
        """Return the labels, ``(Y, X)`` int32."""
        return read_outlines(self.path, self.frame_shape)[self.index]


@dataclass(frozen=True)
class NoCells:
    """An image that was annotated as having no cells."""

    frame_shape: tuple[int, int]

    def read(self) -> LabelImage:
        """Return zeros, ``(Y, X)`` int32."""
        return np.zeros(self.frame_shape, np.int32)


def read_marks(folder: AnnotationFolder, record: AnnotationRecord) -> dict[str, Marks]:
    """Return the annotations, ``picture -> marks``, of annotated images.

    Warns
    -----
    UserWarning
        If an image has outlines and points; the points are ignored.

    Raises
    ------
    MovieReadError
        If a file in ``masks`` or ``points`` belongs to no image, annotations lie outside an image or have another size,
        an image has outlines from two files, or has cells and is listed as having none.
    """
    shapes = {picture.name: _shape(folder, picture) for picture in record.pictures}
    found = [
        *_of_single_files(folder, record, shapes),
        *(mark for path in stack_files(folder.path) for mark in _of_stack(path, record, shapes)),
    ]
    outlined: dict[str, _Found] = {}
    pointed: dict[str, _Found] = {}
    empty = dict.fromkeys(_named_empty(folder, record), NO_CELLS)
    for mark in found:
        if mark.marks.outlines is None and mark.marks.points is None:
            empty.setdefault(mark.picture, mark.path.name)
            continue
        known = outlined if mark.marks.points is None else pointed
        if mark.picture in known and _is_same_of_cellpose(known[mark.picture], mark):
            continue
        if mark.picture in known:
            raise MovieReadError(
                f"'{mark.picture}' is annotated in '{known[mark.picture].path.name}' and in '{mark.path.name}'. "
                f"Delete one of them."
            )
        known[mark.picture] = mark
    for name, where in empty.items():
        if name in outlined or name in pointed:
            marked = {**pointed, **outlined}[name].path.name
            raise MovieReadError(
                f"'{where}' lists '{name}' as having no cells, but '{marked}' has some. Correct one of them."
            )
    _warn_of_both(sorted(outlined.keys() & pointed.keys()))
    return {
        **{name: mark.marks for name, mark in pointed.items()},
        **{name: mark.marks for name, mark in outlined.items()},
        **{name: Marks(outlines=NoCells(shapes[name])) for name in empty},
    }


def stack_files(folder: Path) -> list[Path]:
    """Return the files in an annotation folder with the annotations of all images, in order."""
    return [
        path
        for inner in (folder, *(folder / name for name in (IMAGES, MASKS, POINTS)))
        for path in _files(inner)
        if movie_name(path).lower() in _STACKS and path.suffix.lower() in (*TIFF_SUFFIXES, *POINT_SUFFIXES)
    ]


@dataclass(frozen=True)
class _Found:
    """Annotation of an image and its file; without outlines and points, the image has no cells."""

    picture: str
    path: Path
    marks: Marks


def _of_single_files(
    folder: AnnotationFolder, record: AnnotationRecord, shapes: Mapping[str, tuple[int, int]]
) -> Iterator[_Found]:
    pictures = {picture.name: picture for picture in record.pictures}
    stacks = stack_files(folder.path)
    for inner in (folder.path, *(folder.path / name for name in (IMAGES, MASKS, POINTS))):
        for path in _files(inner):
            suffix = path.suffix.lower()
            is_image = suffix in (*TIFF_SUFFIXES, *PICTURE_SUFFIXES, ".npy")
            if path in stacks or path.name in _NO_MARKS or not (is_image or suffix in POINT_SUFFIXES):
                continue
            name = _picture_of(movie_name(path), pictures, _MARK_ENDINGS)
            if name is None:
                if inner in (folder.path / MASKS, folder.path / POINTS):
                    hint = nearest_name_hint(movie_name(path), pictures)
                    raise MovieReadError(f"There is no image for '{inner.name}/{path.name}'.{hint}")
                continue
            if is_image and _is_label_image(folder, path, name):
                yield from _of_label_file(path, pictures[name], shapes[name])
            elif not is_image:
                own = frozenset({0, pictures[name].frame})
                yield from _of_drawing(path, _OnePicture(path, name, own), {name: shapes[name]})


def _is_same_of_cellpose(one: _Found, other: _Found) -> bool:
    """Return whether one of two is Cellpose's own file, which it always saves, and both have the same cells."""
    if not any(mark.path.name.endswith(_CELLPOSE) for mark in (one, other)):
        return False
    first, second = (mark.marks.outlines for mark in (one, other))
    return first is not None and second is not None and np.array_equal(first.read(), second.read())


def _is_label_image(folder: AnnotationFolder, path: Path, picture: str) -> bool:
    """Return whether a file with the name of an image contains its labels, and not the image itself.

    Raises
    ------
    MovieReadError
        For a JPEG or BMP in ``masks``, which does not preserve the numbers of cells.
    """
    keeps_numbers = path.suffix.lower() in _LABEL_SUFFIXES
    if path.parent == folder.path / MASKS:
        if not keeps_numbers:
            raise MovieReadError(
                f"'{path}' has a format that does not preserve the numbers of cells. Save the labels as TIFF or PNG."
            )
        return True
    has_ending = movie_name(path) != picture
    return keeps_numbers and (has_ending or path.parent == folder.path)


def _of_label_file(path: Path, picture: PictureRecord, shape: tuple[int, int]) -> Iterator[_Found]:
    if picture.prefilled is not None and hashlib.sha256(path.read_bytes()).hexdigest() == picture.prefilled:
        return  # not checked by the user yet
    labels = read_labels(path, any_background=True)
    _require_size(path, labels.frame_shape, picture.name, shape)
    if labels.n_frames != 1:
        raise MovieReadError(
            f"'{path}' has {labels.n_frames} frames, but '{picture.name}' is a single image."
        )
    if labels.frame(0).any():
        yield _Found(picture.name, path, Marks(outlines=LabelFile(path)))


def _of_stack(
    path: Path, record: AnnotationRecord, shapes: Mapping[str, tuple[int, int]]
) -> Iterator[_Found]:
    names = [picture.name for picture in record.in_order]
    if path.suffix.lower() in POINT_SUFFIXES:
        if not says_frames(path) and len(names) > 1:
            raise MovieReadError(
                f"'{path}' does not contain the image of its annotations. If they are for one image, name the "
                f"file after it."
            )
        yield from _of_drawing(path, _InOrder(path, names), shapes)
        return
    labels = read_labels(path, any_background=True)
    if labels.n_frames != len(names):
        raise MovieReadError(
            f"'{path}' has {labels.n_frames} frames for {len(names)} images. Save the labels of the whole stack, "
            f"or those of one image under its name."
        )
    for index, name in enumerate(names):
        _require_size(path, labels.frame_shape, name, shapes[name])
        if labels.frame(index).any():
            yield _Found(name, path, Marks(outlines=LabelFile(path, index)))


class _PictureOfFrame(Protocol):
    """Mapping from frame numbers in a file to images."""

    def __call__(self, frame: int) -> str:
        """Return the name of the image; raise MovieReadError if there is none."""


@dataclass(frozen=True)
class _OnePicture:
    path: Path
    name: str
    own_frames: frozenset[int]

    def __call__(self, frame: int) -> str:
        """Return the single image, for 0 and its number in the movie."""
        if frame not in self.own_frames:
            raise MovieReadError(
                f"'{self.path}' has annotations on frame {frame}, but '{self.name}' is a single image with frame 0. "
                f"Save annotations of all images in the folder itself, as Points.csv, Shapes.csv or RoiSet.zip."
            )
        return self.name


@dataclass(frozen=True)
class _InOrder:
    path: Path
    names: Sequence[str]

    def __call__(self, frame: int) -> str:
        """Return the image at that position in the stack."""
        if frame >= len(self.names):
            raise MovieReadError(
                f"'{self.path}' has annotations on frame {frame} (counted from 0), but there are {len(self.names)} "
                f"images."
            )
        return self.names[frame]


def _of_drawing(
    path: Path, picture_of: _PictureOfFrame, shapes: Mapping[str, tuple[int, int]]
) -> Iterator[_Found]:
    """Yield the outlines and the points in a file, and the images that it lists as empty."""
    drawn = read_drawing(path)
    if drawn is not None:
        for frame in sorted({shape.frame for shape in drawn if not shape.is_point}):
            name = picture_of(frame)
            outlines = OutlineFile(path, frame, shapes[name])
            outlines.read()  # report invalid outlines now, and not in the middle of a training
            yield _Found(name, path, Marks(outlines=outlines))
        dots = [(shape.frame, *shape.position) for shape in drawn if shape.is_point]
        points = pd.DataFrame(dots, columns=["frame", "y", "x"])
        frames: Iterable[int] = ()
    else:
        points, frames = read_points(path), looked_at_frames(path)
    for frame, rows in points.groupby("frame"):
        name = picture_of(int(frame))
        positions = rows[["y", "x"]].to_numpy(float)
        _require_inside(path, positions, name, shapes[name])
        yield _Found(name, path, Marks(points=positions))
    for frame in sorted(set(frames) - set(points["frame"])):
        yield _Found(picture_of(frame), path, Marks())


def _named_empty(folder: AnnotationFolder, record: AnnotationRecord) -> list[str]:
    path = folder.path / NO_CELLS
    if not path.is_file():
        return []
    lines = (line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines())
    names = [line.removesuffix(".tif") for line in lines if line and not line.startswith("#")]
    known = [picture.name for picture in record.pictures]
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise MovieReadError(
            f"'{path}' lists '{unknown}', which is not an image.{nearest_name_hint(unknown, known)}"
        )
    return names


def _warn_of_both(names: Sequence[str]) -> None:
    if names:
        warnings.warn(
            f"{', '.join(names)}: there are outlines and points; the outlines are used.",
            UserWarning,
            stacklevel=4,
        )


def _picture_of(name: str, pictures: Mapping[str, PictureRecord], endings: Sequence[str]) -> str | None:
    return next(
        (
            name[: len(name) - len(end)]
            for end in endings
            if name.endswith(end) and name[: len(name) - len(end)] in pictures
        ),
        None,
    )


def _shape(folder: AnnotationFolder, picture: PictureRecord) -> tuple[int, int]:
    return read(folder.image(picture.name)).frame_shape


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [path for path in sorted(folder.iterdir()) if path.is_file() and not path.name.startswith(".")]


def _require_size(path: Path, found: tuple[int, int], picture: str, expected: tuple[int, int]) -> None:
    if found != expected:
        raise InvalidInputError(
            f"The labels '{path}' have {found[0]} x {found[1]} pixels, and the image '{picture}' has {expected[0]} x "
            f"{expected[1]}. They must have the same size."
        )


def _require_inside(path: Path, points: NDArray[np.float64], picture: str, shape: tuple[int, int]) -> None:
    outside = ((points < -0.5) | (points > np.array(shape) - 0.5)).any(axis=1)
    if outside.any():
        y, x = points[outside][0]
        raise InvalidInputError(
            f"'{path}' has a point at y {y:g}, x {x:g}, outside '{picture}' of {shape[0]} x {shape[1]} pixels. "
            f"Points are in pixels, y before x."
        )
