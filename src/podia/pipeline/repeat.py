"""What a run works on: the files of the command, or those that the ``run.json`` of an earlier run names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from podia.data.errors import InvalidInputError
from podia.io.fingerprint import fingerprint


@dataclass(frozen=True)
class RunInput:
    """Movies, and the masks or positions that stand in for a segmentation."""

    movies: tuple[Path, ...]
    labels: Path | None = None
    points: Path | None = None


def complete_input(given: RunInput, config: Path | None, *, segments: bool = False) -> RunInput:
    """Return `given`, or where it has no movie and `config` is a ``run.json``, the files of that run, unchanged.

    Parameters
    ----------
    config
        A file of settings that :func:`podia.pipeline.config.load_config` can read.
    segments
        Whether the command itself says what makes the masks, so that those of the earlier run are not wanted.

    Raises
    ------
    InvalidInputError
        If there is no movie, a file of the earlier run is missing or has changed, or its masks or positions belong to
        another movie than the one given.
    """
    files = _recorded_files(config)
    if segments or given.labels or given.points:
        files = {name: file for name, file in files.items() if name == "movie"}
    if given.movies:
        for name in set(files) - {"movie"}:
            raise InvalidInputError(
                f"The run of '{config}' took its cells from '{files[name]['path']}', which belong to its movie. Give "
                f"those of this one with --{name}, say what finds them with --method, or leave the movie out to repeat "
                f"the run."
            )
        return given
    if not files:
        raise InvalidInputError(
            "No movie is given. Name one or more, or repeat a run with --config run.json."
        )
    for name, file in files.items():
        _require_unchanged(name, file, config)
    paths = {name: Path(file["path"]) for name, file in files.items()}
    return RunInput(
        (paths["movie"],), given.labels or paths.get("labels"), given.points or paths.get("points")
    )


def _recorded_files(config: Path | None) -> dict[str, dict[str, Any]]:
    """Return path and checksum of movie, labels and points, as far as a ``run.json`` names them."""
    if config is None or config.suffix != ".json":
        return {}
    source = json.loads(config.read_text(encoding="utf-8")).get("input")
    if source is None:
        return {}
    return {"movie": source} | {name: source[name] for name in ("labels", "points") if name in source}


def _require_unchanged(name: str, file: dict[str, Any], config: Path | None) -> None:
    elsewhere = f"podia run MOVIE --config {config}, with --labels or --points where that run had them"
    if not Path(file["path"]).exists():
        raise InvalidInputError(
            f"'{file['path']}', the {name} of '{config}', is no longer there. Say where it is: {elsewhere}."
        )
    if fingerprint(file["path"]) != file["sha256"]:
        raise InvalidInputError(
            f"'{file['path']}', the {name} of '{config}', has changed since, so that the run cannot be repeated. "
            f"To use its settings on what is there now, name the files: {elsewhere}."
        )
