"""Input files of a command: those given, or those of an earlier run."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from podia.corrections.record import parse_correction
from podia.data.errors import InvalidInputError
from podia.io.fingerprint import fingerprint
from podia.io.origin import FileRecord, Origin
from podia.pipeline.source import Source


def sources_of(
    movies: Sequence[Path],
    config: Path | None = None,
    *,
    labels: Path | None = None,
    points: Path | None = None,
    tracks: Path | None = None,
    labels_are_tracks: bool = False,
    segments: bool = False,
) -> list[Source]:
    """Return a source for each of `movies`; without movies, the source of the run whose ``run.json`` is `config`.

    Corrections of that run belong to its movie.

    Parameters
    ----------
    config
        A file of settings for :func:`podia.pipeline.config.load_config`.
    segments
        Whether the command itself sets the segmentation, so that masks of the earlier run are not used.

    Raises
    ------
    InvalidInputError
        If there is no movie, a file of the earlier run is missing or has changed, its masks, positions or tracks belong
        to another movie than the one given, or masks, positions or tracks are given for several movies.
    """
    origin = _recorded_origin(config)
    files = {} if origin is None else _files_of(origin)
    if segments or labels or points or tracks:
        files = {name: file for name, file in files.items() if name == "movie"}
    elif origin is not None:
        labels_are_tracks |= origin.labels_are_tracks
    if movies:
        for name in set(files) - {"movie"}:
            raise InvalidInputError(
                f"The run of '{config}' used '{files[name].path}' instead of a segmentation, which "
                f"belongs to its movie. Give that of this movie with --{name}, choose a segmentation with "
                "--method, or omit the movie to repeat the run."
            )
        sources = [Source(movie, labels, points, tracks, labels_are_tracks) for movie in movies]
        return [_with_corrections(source, origin, config) for source in _given(sources)]
    if not files:
        raise InvalidInputError(
            "No movie is given. Give one or more movies, or repeat a run with --config run.json."
        )
    for name, file in files.items():
        _require_unchanged(name, file, config)
    paths = {name: Path(file.path) for name, file in files.items()}
    source = Source(
        paths["movie"],
        labels or paths.get("labels"),
        points or paths.get("points"),
        tracks or paths.get("tracks"),
        labels_are_tracks,
    )
    return [_with_corrections(source, origin, config)]


def _with_corrections(source: Source, origin: Origin | None, config: Path | None) -> Source:
    """Return `source` with the corrections in a ``run.json`` of the same movie."""
    recorded = None if origin is None or config is None else json.loads(config.read_text(encoding="utf-8"))
    corrections = [] if recorded is None else recorded.get("corrections", [])
    if origin is None or not corrections or fingerprint(source.movie) != origin.sha256:
        return source
    return replace(source, corrections=tuple(parse_correction(one) for one in corrections))


def _given(sources: list[Source]) -> list[Source]:
    for source in sources:
        source.require_present()
    if len(sources) > 1 and not sources[0].segments:
        option = "--tracks" if sources[0].tracks else "--labels" if sources[0].labels else "--points"
        raise InvalidInputError(
            f"{option} needs a single movie, not {len(sources)}. Run the movies one by one."
        )
    return sources


def _recorded_origin(config: Path | None) -> Origin | None:
    """Return the files listed in a ``run.json``; None for other files of settings."""
    if config is None or config.suffix != ".json":
        return None
    recorded = json.loads(config.read_text(encoding="utf-8")).get("input")
    return None if recorded is None else Origin.model_validate(recorded)


def _files_of(origin: Origin) -> dict[str, FileRecord]:
    """Return path and checksum of movie, labels, points and tracks, if listed."""
    files = {"movie": origin, "labels": origin.labels, "points": origin.points, "tracks": origin.tracks}
    return {name: file for name, file in files.items() if file is not None}


def _require_unchanged(name: str, file: FileRecord, config: Path | None) -> None:
    elsewhere = f"podia run MOVIE --config {config}, with --labels, --points or --tracks if that run had them"
    if not Path(file.path).exists():
        raise InvalidInputError(
            f"'{file.path}', the {name} of '{config}', no longer exists at this path. Give its new path: "
            f"{elsewhere}."
        )
    if fingerprint(file.path) != file.sha256:
        raise InvalidInputError(
            f"'{file.path}', the {name} of '{config}', has changed, so the run cannot be repeated. To use "
            f"its settings for the current files: {elsewhere}."
        )
