"""Writer for movies as TIFF stacks for Fiji."""

from __future__ import annotations

from pathlib import Path

from podia.data.errors import InvalidInputError
from podia.data.movie import Movie
from podia.data.progress import Progress, silent
from podia.io.tiff.imagej import write_imagej_tiff

_IMAGEJ_TYPES = ("uint8", "uint16", "int16", "float32")


def write_movie_tiff(movie: Movie, path: str | Path, *, progress: Progress = silent) -> None:
    """Write a movie of any length as an uncompressed ImageJ time series with its calibration, atomically.

    Raises
    ------
    InvalidInputError
        If ImageJ does not support its pixel type.
    OutputError
        If there is no space or no permission to write `path`.
    """
    if movie.dtype.name not in _IMAGEJ_TYPES:
        raise InvalidInputError(
            f"'{movie.name}' has pixels of type {movie.dtype.name}; ImageJ TIFF supports "
            f"{', '.join(_IMAGEJ_TYPES)}. "
            f"Convert it to one of these types first."
        )
    write_imagej_tiff(movie, Path(path), compression=None, step=Path(path).name, progress=progress)
