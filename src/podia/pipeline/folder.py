"""The analysis folder as a run sees it: which movie it belongs to, and what is in it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podia.data.errors import OutputError
from podia.files.atomic import atomic_path, remove_leftovers
from podia.io.analysis_folder import require_current_layout
from podia.io.fingerprint import CLUTTER
from podia.io.layout import DESCRIPTIONS, FOLDERS

_NO_CONTENT = (".podia", *CLUTTER)
"""What a folder may hold and still count as empty; ``.podia`` of a run that was killed before it named its movie."""


@dataclass(frozen=True)
class AnalysisFolder:
    """The folder of one movie's results; ``.podia`` in it holds what a resumed run needs."""

    path: Path

    @property
    def work(self) -> Path:
        """Where intermediate results lie until, and after, the run is done."""
        return self.path / ".podia"

    def work_of(self, step: str) -> Path:
        """Where one step keeps what it has done frame by frame."""
        return self.work / step

    def __truediv__(self, name: str) -> Path:
        return self.path / name

    def claim(self, movie: Mapping[str, Any]) -> None:
        """Make the folder and mark it as that of `movie` (path, sha256, shape).

        Raises
        ------
        OutputError
            If it already belongs to another movie, is of an earlier podia, or cannot be written.
        """
        require_current_layout(self.path)
        owner = self.owner()
        if owner is not None and owner["sha256"] != movie["sha256"]:
            raise OutputError(
                f"'{self.path}' holds the results of another movie ('{owner['path']}'). "
                f"Choose another output folder with -o, or delete this one."
            )
        if (
            owner is None
            and self.path.is_dir()
            and any(p.name not in _NO_CONTENT for p in self.path.iterdir())
        ):
            raise OutputError(
                f"'{self.path}' is not empty and is not an analysis folder of podia. "
                f"Choose another output folder with -o."
            )
        try:
            self.work.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"Cannot make the output folder '{self.path}': {error.strerror}.") from None
        for folder in (
            self.path,
            self.work,
            *(self.path / name for name in FOLDERS),
            self.path / "tables/parquet",
        ):
            remove_leftovers(folder)
        if owner is None or owner != movie:
            write_json(self.work / "movie.json", movie)

    def owner(self) -> dict[str, Any] | None:
        """Return what :meth:`claim` stored, or None for a folder that no run has claimed."""
        return read_json(self.work / "movie.json")

    def outputs(self) -> dict[str, str]:
        """Return the outputs that exist, with what each holds."""
        return {name: text for name, text in DESCRIPTIONS.items() if (self.path / name).exists()}

    def discard(self, name: str) -> None:
        """Remove an output (file or folder) if it is there; see :func:`remove`."""
        remove(self.path / name)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it, if it is there.

    Raises
    ------
    OutputError
        If the system refuses, such as for a file that another program has open.
    """
    try:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(
            f"'{error.filename or path}' cannot be removed, and holds what is out of date: {error.strerror or error}. "
            f"Close the programs that have it open, and run the same command again."
        ) from error


def read_json(path: Path) -> dict[str, Any] | None:
    """Return what :func:`write_json` wrote, or None where there is no such file."""
    if not path.is_file():
        return None
    values: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return values


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write `values` atomically, in a fixed order."""
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
