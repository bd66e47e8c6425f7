"""Split of annotated movies into training and validation."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from podia.data.config import FrozenConfig
from podia.data.errors import InvalidInputError
from podia.training.data.annotated import AnnotatedMovie, UsableMovie

SplitKind = Literal["movie", "time", "frame"]


class SplitConfig(FrozenConfig):
    """Settings of the split into training and validation."""

    kind: SplitKind = Field(
        "movie",
        description="Validation data: whole movies (movie; of a single movie its end), the last frames of each movie "
        "(time), or random frames (frame). Random frames give optimistic scores, as neighbouring frames are similar.",
    )
    validation_fraction: float = Field(
        0.2,
        ge=0,
        lt=1,
        description="Fraction of movies or annotated frames kept for validation; 0 for none.",
    )
    seed: int = Field(0, ge=0, description="Random seed of the split.")


@dataclass(frozen=True)
class Split:
    """Training and validation parts, with the kind of split and its description."""

    train: tuple[UsableMovie, ...]
    validation: tuple[UsableMovie, ...]
    kind: SplitKind
    note: str


def split_movies(movies: Sequence[AnnotatedMovie], config: SplitConfig | None = None) -> Split:
    """Split `movies` into training and validation.

    - ``movie``: a share of the movies of each data set is held back, at least one and never all. A data set of one
    movie is used for training; if all data sets have one movie, the share is taken from all movies. For a single movie,
    ``time`` is used.
    - ``time``: the end of each recording is held back, starting with the first held-back annotated frame; training does
    not use these frames, even without labels. A recording with a single annotated frame is used for training.
    - ``frame``: random annotated frames are held back.

    Warns
    -----
    UserWarning
        For ``frame``, whose scores say little about other movies.

    Raises
    ------
    InvalidInputError
        If there are no movies, or nothing can be held back.
    """
    config = config or SplitConfig()
    if not movies:
        raise InvalidInputError("There is no annotated movie to train on.")
    if config.validation_fraction == 0:
        return Split(
            tuple(map(UsableMovie.whole, movies)), (), config.kind, "No data are held out for validation."
        )
    if config.kind == "frame":
        warnings.warn(
            "Validation frames are drawn at random, and their neighbours are used for training, so "
            "scores are higher than on another movie. Use the split 'movie' or 'time'.",
            UserWarning,
            stacklevel=2,
        )
        split = _by_frame(movies, config)
    elif config.kind == "time" or len({(movie.dataset, movie.name) for movie in movies}) == 1:
        split = _by_time(movies, config)
    else:
        split = _by_movie(movies, config)
    if not split.validation:
        raise InvalidInputError(
            f"No data can be held out for validation: {len(movies)} movie(s) with one annotated frame "
            "each. Annotate more frames, or set the validation fraction to 0."
        )
    return split


def _by_movie(movies: Sequence[AnnotatedMovie], config: SplitConfig) -> Split:
    rng = np.random.default_rng(config.seed)
    groups = [_recordings(movies, name) for name in _datasets(movies)]
    groups = [group for group in groups if len(group) > 1] or [[one for group in groups for one in group]]
    held: set[int] = set()
    for group in groups:
        for number in rng.permutation(len(group))[: _share(len(group), config)].tolist():
            held.update(group[number])
    train = tuple(UsableMovie.whole(movie) for i, movie in enumerate(movies) if i not in held)
    validation = tuple(UsableMovie.whole(movies[i]) for i in sorted(held))
    names = ", ".join(part.name for part in validation)
    return Split(
        train, validation, "movie", f"{len(validation)} of {len(movies)} movies are held out: {names}."
    )


def _recordings(movies: Sequence[AnnotatedMovie], dataset: str) -> list[list[int]]:
    """Group the indices of a data set's movies by name: masks and points of one recording."""
    of_name: dict[str, list[int]] = {}
    for index, movie in enumerate(movies):
        if movie.dataset == dataset:
            of_name.setdefault(movie.name, []).append(index)
    return list(of_name.values())


def _by_time(movies: Sequence[AnnotatedMovie], config: SplitConfig) -> Split:
    cuts = {
        number: cut
        for name in _datasets(movies)
        for recording in _recordings(movies, name)
        if (cut := _cut([movies[number] for number in recording], config)) is not None
        for number in recording
    }
    train, validation = [], []
    for number, movie in enumerate(movies):
        if number not in cuts:
            train.append(UsableMovie.whole(movie))
            continue
        train.append(_between(movie, 0, cuts[number]))
        validation.append(_between(movie, cuts[number], movie.movie.n_frames))
    train, validation = ([part for part in parts if part.annotated_frames] for parts in (train, validation))
    said = dict.fromkeys(f"{movies[number].name} from frame {cut}" for number, cut in sorted(cuts.items()))
    why = "there is only one movie, so " if config.kind == "movie" else ""
    note = f"{why}the end of each movie is held out: {', '.join(said)}."
    return Split(tuple(train), tuple(validation), "time", note[0].upper() + note[1:])


def _cut(recording: Sequence[AnnotatedMovie], config: SplitConfig) -> int | None:
    """Return the first held-back frame of a recording, with its masks and points; None for a single frame."""
    annotated = sorted({frame for movie in recording for frame in movie.labels.frames})
    return annotated[len(annotated) - _share(len(annotated), config)] if len(annotated) > 1 else None


def _by_frame(movies: Sequence[AnnotatedMovie], config: SplitConfig) -> Split:
    rng = np.random.default_rng(config.seed)
    frames = [(i, frame) for i, movie in enumerate(movies) for frame in movie.labels.frames]
    n_held = _share(len(frames), config) if len(frames) > 1 else 0
    held = {frames[k] for k in rng.permutation(len(frames))[:n_held]}
    train: list[UsableMovie] = []
    validation: list[UsableMovie] = []
    for i, movie in enumerate(movies):
        for parts, is_held in ((train, False), (validation, True)):
            annotated = tuple(frame for frame in movie.labels.frames if ((i, frame) in held) == is_held)
            if annotated:
                parts.append(UsableMovie(movie, 0, movie.movie.n_frames - 1, annotated))
    note = f"{n_held} of {len(frames)} annotated frames, drawn at random, are held out."
    return Split(tuple(train), tuple(validation), "frame", note)


def _share(n: int, config: SplitConfig) -> int:
    """Return the number of `n` that is held back: at least one, never all."""
    return min(max(1, round(config.validation_fraction * n)), n - 1)


def _between(movie: AnnotatedMovie, first: int, end: int) -> UsableMovie:
    annotated = tuple(frame for frame in movie.labels.frames if first <= frame < end)
    return UsableMovie(movie, first, end - 1, annotated)


def _datasets(movies: Sequence[AnnotatedMovie]) -> list[str]:
    return list(dict.fromkeys(movie.dataset for movie in movies))
