"""Annotation folders as annotated movies for training."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from podia.data.errors import MovieReadError
from podia.data.movie import LabelImage, Movie
from podia.io.fingerprint import fingerprint
from podia.io.read import read
from podia.training.annotation.folder import (
    AnnotationFolder,
    AnnotationRecord,
    MovieRecord,
    PictureRecord,
)
from podia.training.annotation.marks import Marks, Outlined, read_marks
from podia.training.data.annotated import AnnotatedMovie, FrameLabels
from podia.training.data.reading_options import ReadingOptions


def read_annotation_folder(path: Path, reading: ReadingOptions) -> list[AnnotatedMovie]:
    """Return the annotated movies of a folder that ``podia annotate`` wrote.

    If the original movie exists and is unchanged, it is used, with labels on the selected frames; otherwise each image
    is a movie of one frame. Frames with outlines and frames with points of a movie become two separate movies. Images
    without annotations count as not annotated.

    Warns
    -----
    UserWarning
        If a movie is missing or has changed, so that its images are used alone; and if an image has outlines and
        points, of which the outlines are used.

    Raises
    ------
    MovieReadError, InvalidInputError
        If nothing is annotated yet, or annotations do not match their images.
    """
    folder = AnnotationFolder(path)
    record = folder.read_record()
    if record is None:
        raise MovieReadError(f"'{path}' is not an annotation folder: it has no annotation.json.")
    marks = read_marks(folder, record)
    if not any(_has_cells(mark) for mark in marks.values()):
        raise MovieReadError(_nothing_annotated(folder, record))
    make = partial(
        AnnotatedMovie,
        dataset=path.resolve().name,
        coverage=reading.coverage,
        background_value=reading.background_value,
    )
    found: list[AnnotatedMovie] = []
    lost: list[str] = []
    for movie_record in record.movies:
        pictures = [p for p in record.in_order if p.movie == movie_record.name and p.name in marks]
        if not pictures:
            continue
        movie = _whole_movie(folder, movie_record, reading)
        if movie is not None:
            found += _annotated(movie, {p.frame: marks[p.name] for p in pictures}, make)
            continue
        lost.append(movie_record.path)
        for picture in pictures:
            alone = _single(folder, picture, movie_record, reading)
            found += _annotated(alone, {0: marks[picture.name]}, make)
    _warn_of_lost(lost)
    return found


@dataclass(frozen=True)
class _AnnotatedLabels:
    """Source of annotated labels; a class, so that it can be pickled."""

    outlines: Mapping[int, Outlined]

    def __call__(self, frame: int) -> LabelImage:
        """Return the labels of a frame."""
        return self.outlines[frame].read()


def _annotated(
    movie: Movie, marks: Mapping[int, Marks], make: Callable[..., AnnotatedMovie]
) -> list[AnnotatedMovie]:
    """Return the movie with its outlines and with its points, if there are any."""
    found = []
    outlines = {frame: mark.outlines for frame, mark in sorted(marks.items()) if mark.outlines is not None}
    if outlines:
        labels = FrameLabels(tuple(outlines), movie.frame_shape, _AnnotatedLabels(outlines))
        found.append(make(movie, labels))
    points = {frame: mark.points for frame, mark in sorted(marks.items()) if mark.points is not None}
    if points:
        table = pd.concat(
            [pd.DataFrame(rows, columns=["y", "x"]).assign(frame=frame) for frame, rows in points.items()]
        )
        labels = FrameLabels.from_points(table, movie.frame_shape)
        found.append(make(movie, labels, marks="points"))
    return found


def _whole_movie(folder: AnnotationFolder, record: MovieRecord, reading: ReadingOptions) -> Movie | None:
    """Return the original movie of the images, or None if it is missing or has changed."""
    places = [place for place in (Path(record.path), folder.path / record.path_from_here) if place.exists()]
    same = next((place for place in places if fingerprint(place) == record.sha256), None)
    if same is None:
        return None
    movie = read(
        same,
        channel=record.channel,
        pixel_size_um=reading.pixel_size_um or record.pixel_size_um,
        frame_interval_s=reading.frame_interval_s or record.frame_interval_s,
    )
    return replace(movie, name=record.name)


def _single(
    folder: AnnotationFolder, picture: PictureRecord, record: MovieRecord, reading: ReadingOptions
) -> Movie:
    return read(
        folder.image(picture.name),
        pixel_size_um=reading.pixel_size_um or record.pixel_size_um,
        frame_interval_s=reading.frame_interval_s or record.frame_interval_s,
    )


def _warn_of_lost(paths: Sequence[str]) -> None:
    if paths:
        others = f" and {len(paths) - 1} more movies" if len(paths) > 1 else ""
        warnings.warn(
            f"'{paths[0]}'{others} is missing or has changed since the frames were selected. The images are used "
            f"alone, without neighbouring frames.",
            UserWarning,
            stacklevel=3,
        )


def _has_cells(mark: Marks) -> bool:
    if mark.outlines is not None:
        return bool(np.any(mark.outlines.read()))
    return mark.points is not None and len(mark.points) > 0


def _nothing_annotated(folder: AnnotationFolder, record: AnnotationRecord) -> str:
    message = (
        f"Nothing is annotated yet in '{folder.path}': none of its {len(record.pictures)} images has a cell. "
        f"Draw or click, save as described in its README.txt, and run the same command again."
    )
    if any(picture.prefilled is not None for picture in record.pictures):
        message += " Prefilled masks count once you have saved them again, corrected or not."
    return message
