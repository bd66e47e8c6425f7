"""Recognise analysis folders, for those who read them or must not write into them."""

from __future__ import annotations

import json
from pathlib import Path

from podia.data.errors import InvalidInputError, OutputError
from podia.io.layout import RUN_RECORD

_EARLIER = ("drift.csv", "cells.csv", "labels.ome.zarr", "tracks.geff")
"""What lay in the folder itself before there were folders for tables, masks and tracks."""


def is_analysis_folder(folder: str | Path) -> bool:
    """Return whether ``podia run``, or one of its steps, has its results in `folder`, finished or not."""
    folder = Path(folder)
    return (folder / ".podia").is_dir() or (folder / RUN_RECORD).is_file()


def require_current_layout(folder: str | Path) -> None:
    """Refuse an analysis folder of an earlier podia, whose files lie elsewhere; anything else passes.

    Raises
    ------
    InvalidInputError
        With the command that makes the analysis again.
    """
    folder = Path(folder)
    if not is_analysis_folder(folder) or not any((folder / name).exists() for name in _EARLIER):
        return
    raise InvalidInputError(
        f"'{folder}' was written by an earlier version of podia, which arranged its files differently. "
        f"Analyse the movie again, into a new folder: podia run {_movie_of(folder)} -o OTHER_FOLDER."
    )


def _movie_of(folder: Path) -> str:
    try:
        return f"'{json.loads((folder / '.podia' / 'movie.json').read_text(encoding='utf-8'))['path']}'"
    except (OSError, ValueError, KeyError):
        return "MOVIE"


def require_no_analysis(folder: str | Path) -> None:
    """Refuse to write other results into an analysis folder.

    Raises
    ------
    OutputError
        If `folder` is an analysis folder.
    """
    if is_analysis_folder(folder):
        raise OutputError(f"'{folder}' is an analysis folder. Choose another output folder with -o.")
