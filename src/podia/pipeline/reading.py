"""Reading of a run's files by its configuration, with the assumptions made."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from podia.data.movie import Movie
from podia.data.plausibility import implausible_scale
from podia.io.label_pictures import looks_like_labels
from podia.io.read import read
from podia.pipeline.config import RunConfig


def read_movie(path: Path, config: RunConfig) -> tuple[Movie, tuple[str, ...]]:
    """Read the movie; return it with the assumptions made, one sentence each, which are also issued as warnings.

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
    if looks_like_labels(movie.frame(0)):
        notes.append(
            f"'{path}' looks like a label image, not like a movie: flat areas on a ground of 0. Give it with --labels, "
            f"and the movie in its place."
        )
    for sentence in (*notes, *implausible_scale(movie.calibration)):
        warnings.warn(sentence, UserWarning, stacklevel=2)
    return movie, tuple(notes)


@contextmanager
def _noted(notes: list[str]) -> Iterator[None]:
    """Collect the warnings of podia's readers, and pass on others."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for warning in caught:
        if warning.category is UserWarning:
            notes.append(str(warning.message))
        else:
            warnings.warn_explicit(warning.message, warning.category, warning.filename, warning.lineno)
