"""Detection of the type of labels: numbered cells, a foreground, or classes."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from podia.data.errors import MovieReadError
from podia.data.movie import LabelImage
from podia.io.label_background import require_zero_background
from podia.io.label_values import NUMBERING_HINT, classes_in_words, look_at_labels
from podia.training.data.annotated import AnnotatedMovie


def with_kind_of_labels(movies: Sequence[AnnotatedMovie], path: Path) -> list[AnnotatedMovie]:
    """Return the movies of `path`; binary masks of several cells are treated as foreground without instances.

    Movies are judged together, because each image of a folder is a separate movie. Annotated background is ignored.

    Warns
    -----
    UserWarning If labels are a binary mask.

    Raises
    ------
    MovieReadError
        If labels are two or three classes, such as cells and contours, or their background is not 0.
    """
    numbered = [movie for movie in movies if _numbers_cells(movie)]
    if not numbered:
        return list(movies)
    frames = [(movie, frame) for movie in numbered for frame in movie.labels.frames]

    def read(index: int) -> LabelImage:
        movie, frame = frames[index]
        return movie.read_labels(frame)

    def read_raw(index: int) -> LabelImage:
        movie, frame = frames[index]
        return movie.labels.read(frame)

    if all(movie.background_value is None for movie in numbered):
        require_zero_background(read_raw, range(len(frames)), path)
    look = look_at_labels(read, range(len(frames)))
    if look.class_frame is not None:
        raise MovieReadError(classes_in_words(path, look, frames[look.class_frame][1]))
    if look.foreground_frame is None:
        return list(movies)
    movie, frame = frames[look.foreground_frame]
    warnings.warn(
        f"The labels of '{path}' are a binary mask: {min(look.values)} is their only value, and frame "
        f"{frame} (counted from 0) of '{movie.name}' has several parts. They are used as foreground, "
        f"without instances. {NUMBERING_HINT}",
        UserWarning,
        stacklevel=3,
    )
    return [replace(movie, instances=False) if _numbers_cells(movie) else movie for movie in movies]


def _numbers_cells(movie: AnnotatedMovie) -> bool:
    return movie.instances and movie.marks == "masks"
