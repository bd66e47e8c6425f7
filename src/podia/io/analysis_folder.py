"""Analysis folder of one movie: its origin and its files, protected against other output."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podia.data.errors import InvalidInputError, OutputError
from podia.files.atomic import remove_leftovers
from podia.files.json_file import read_json, write_json
from podia.files.removal import remove
from podia.io.fingerprint import CLUTTER
from podia.io.layout import DESCRIPTIONS, FOLDERS, RUN_RECORD
from podia.io.origin import Origin

_EARLIER = ("drift.csv", "cells.csv", "labels.ome.zarr", "tracks.geff")
"""Files at the top of the folder in the earlier layout, without folders for tables, masks and tracks."""

_NO_CONTENT = (".podia", *CLUTTER)
"""Names that a folder may contain and still count as empty; ``.podia`` may be left by a run that was killed early."""


@dataclass(frozen=True)
class AnalysisFolder:
    """The folder with the results of one movie; ``.podia`` in it contains what a resumed run needs."""

    path: Path

    @property
    def work(self) -> Path:
        """Path of intermediate results, during and after the run."""
        return self.path / ".podia"

    def work_of(self, step: str) -> Path:
        """Path of the frame files of one step."""
        return self.work / step

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def claim(self, origin: Origin) -> None:
        """Create the folder and mark it as the analysis of `origin`.

        Raises
        ------
        OutputError
            If it belongs to another movie, is of an earlier version of podia, or cannot be written.
        """
        require_current_layout(self.path)
        owner = self.owner()
        if owner is not None and owner.sha256 != origin.sha256:
            raise OutputError(
                f"'{self.path}' contains the results of another movie ('{owner.path}'). "
                f"Choose another output folder with -o, or delete this one."
            )
        if (
            owner is None
            and self.path.is_dir()
            and any(p.name not in _NO_CONTENT for p in self.path.iterdir())
        ):
            raise OutputError(
                f"'{self.path}' is not empty and is not an analysis folder. "
                f"Choose another output folder with -o."
            )
        try:
            self.work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"Could not create the output folder '{self.path}': {error.strerror}."
            ) from None
        for folder in (
            self.path,
            self.work,
            *(self.path / name for name in FOLDERS),
            self.path / "tables/parquet",
        ):
            remove_leftovers(folder)
        if owner is None or owner != origin:
            write_json(self.work / "movie.json", origin.record())

    def owner(self) -> Origin | None:
        """Return what :meth:`claim` stored, or None for a folder that no run has claimed."""
        values = read_json(self.work / "movie.json")
        return None if values is None else Origin.model_validate(values)

    def origin(self) -> Origin | None:
        """Return the origin of the analysis, also of a copy without hidden files; None if it is unknown."""
        recorded = (read_json(self / RUN_RECORD) or {}).get("input")
        return self.owner() or (None if recorded is None else Origin.model_validate(recorded))

    def settings(self) -> dict[str, Any] | None:
        """Return the settings of the latest run, finished or not, or None if no run has stored them."""
        return read_json(self.work / "config.json")

    def store_settings(self, settings: Mapping[str, Any]) -> None:
        """Store the settings of a new run."""
        write_json(self.work / "config.json", settings)

    def outputs(self) -> dict[str, str]:
        """Return the outputs that exist, with their descriptions."""
        return {name: text for name, text in DESCRIPTIONS.items() if (self.path / name).exists()}

    def discard(self, name: str) -> None:
        """Remove an output (file or folder) if it exists; see :func:`remove`."""
        remove(self.path / name)


def is_analysis_folder(folder: str | Path) -> bool:
    """Return whether `folder` contains results of ``podia run`` or one of its steps, finished or not."""
    folder = Path(folder)
    return (folder / ".podia").is_dir() or (folder / RUN_RECORD).is_file()


def require_current_layout(folder: str | Path) -> None:
    """Reject an analysis folder of an earlier version of podia, with a different layout; accept anything else.

    Raises
    ------
    InvalidInputError
        With the command that repeats the analysis.
    """
    folder = Path(folder)
    if not is_analysis_folder(folder) or not any((folder / name).exists() for name in _EARLIER):
        return
    raise InvalidInputError(
        f"'{folder}' was written by an earlier version of podia with a different folder layout. "
        f"Analyse the movie again in a new folder: podia run {_movie_of(folder)} -o OTHER_FOLDER."
    )


def _movie_of(folder: Path) -> str:
    try:
        return f"'{json.loads((folder / '.podia' / 'movie.json').read_text(encoding='utf-8'))['path']}'"
    except (OSError, ValueError, KeyError):
        return "MOVIE"


def require_no_analysis(folder: str | Path) -> None:
    """Raise an error instead of writing other results into an analysis folder.

    Raises
    ------
    OutputError
        If `folder` is an analysis folder.
    """
    if is_analysis_folder(folder):
        raise OutputError(f"'{folder}' is an analysis folder. Choose another output folder with -o.")
