"""Table of the training data, by data set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from podia.reporting.wording import count, elapsed, number
from podia.training.data.annotated import AnnotatedMovie
from podia.training.data.data_list import Annotations
from podia.training.split import Split

_MAX_COUNTED = 100
"""Maximum number of frames per data set in which cells are counted: labels of long movies take minutes to read."""


@dataclass(frozen=True)
class DataSet:
    """A row of the data table."""

    name: str
    movies: str
    frames: str
    held_back: str
    cells: str
    pixel_size: str
    interval: str
    labels: str
    licence: str


def data_sets(annotations: Annotations, split: Split) -> list[DataSet]:
    """Return one row per data set, reading label images to count cells."""
    licences = {source.name: source.licence for source in annotations.sources}
    rows = []
    for name in dict.fromkeys(movie.dataset for movie in annotations.movies):
        movies = [movie for movie in annotations.movies if movie.dataset == name]
        held = [part for part in split.validation if part.annotated.dataset == name]
        rows.append(
            DataSet(
                name=name,
                movies=f"{len(movies):,}",
                frames=f"{sum(len(movie.labels.frames) for movie in movies):,}",
                held_back=f"{sum(len(part.annotated_frames) for part in held):,}",
                cells=_cells(movies),
                pixel_size=_values(m.calibration.pixel_size_um for m in movies),
                interval=_intervals(movies),
                labels=_labels(movies),
                licence=licences.get(name, "not stated"),
            )
        )
    return rows


def _cells(movies: list[AnnotatedMovie]) -> str:
    """Return the number of annotated cells; for many frames, an estimate from evenly spaced ones."""
    frames = [(movie, frame) for movie in movies for frame in movie.labels.frames]
    looked_at = frames
    if len(frames) > _MAX_COUNTED:
        looked_at = [frames[i] for i in np.linspace(0, len(frames) - 1, _MAX_COUNTED).round().astype(int)]
    n_cells = sum(_n_cells(movie, frame) for movie, frame in looked_at)
    if looked_at is frames:
        return f"{n_cells:,}"
    return f"about {number(n_cells * len(frames) / len(looked_at), digits=2)}"


def _n_cells(movie: AnnotatedMovie, frame: int) -> int:
    labels = movie.read_labels(frame)
    return int(np.count_nonzero(np.bincount(np.maximum(labels, 0).ravel())[1:]))


def _values(sizes: Iterable[float | None]) -> str:
    known = set(sizes)
    shown = sorted({number(size, "µm") for size in known if size is not None})
    return ", ".join([*shown, *(["unknown"] if None in known else [])])


def _intervals(movies: list[AnnotatedMovie]) -> str:
    known = {movie.calibration.frame_interval_s for movie in movies}
    shown = [elapsed(value) for value in sorted(value for value in known if value is not None)]
    return ", ".join([*shown, *(["unknown"] if None in known else [])])


def _labels(movies: list[AnnotatedMovie]) -> str:
    partial = sum(movie.coverage == "partial" for movie in movies)
    foreground = sum(not movie.instances for movie in movies)
    words = [
        "every cell" if not partial else "some cells" if partial == len(movies) else "every cell, or some"
    ]
    if foreground:
        words.append(f"foreground only in {count(foreground, 'movie')}")
    points = sum(movie.marks == "points" for movie in movies)
    if points:
        words.append(f"positions only in {count(points, 'movie')}")
    return "; ".join(words)
