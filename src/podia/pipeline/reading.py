"""A run's files, read as its configuration says, with what had to be assumed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from podia.data.movie import Movie
from podia.data.plausibility import implausible_scale
from podia.io.read import read
from podia.pipeline.config import RunConfig


def read_movie(path: Path, config: RunConfig) -> tuple[Movie, tuple[str, ...]]:
    """Return the movie, and a sentence for each thing that was assumed in reading it; the user is warned of each.

    Raises
    ------
    MovieReadError, InvalidInputError, MissingDependencyError
        As :func:`podia.io.read.read`.
    """
    notes: list[str] = []
    with _noted(notes):
        movie = read(
            path,
            channel=config.channel,
            position=config.position,
            pattern=config.pattern,
            frames=config.frames,
            pixel_size_um=config.pixel_size_um,
            frame_interval_s=config.frame_interval_s,
        )
    for sentence in (*notes, *implausible_scale(movie.calibration)):
        warnings.warn(sentence, UserWarning, stacklevel=2)
    return movie, tuple(notes)


@contextmanager
def _noted(notes: list[str]) -> Iterator[None]:
    """Gather the warnings of podia's readers; others pass."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if warning.category is UserWarning:
            notes.append(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
