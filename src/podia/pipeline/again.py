"""Update of an analysis folder with changed settings."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from podia.data.config import override
from podia.data.errors import InvalidInputError
from podia.data.progress import Progress, silent
from podia.io.step_marks import Step
from podia.pipeline.config import RunConfig
from podia.pipeline.run import Ran, run_source
from podia.pipeline.source import Source
from podia.results.results import open_results


def run_again(
    path: Path,
    settings: Iterable[str] = (),
    *,
    until: Step = "report",
    progress: Progress = silent,
    processes: int = 1,
) -> Ran:
    """Run the movie of the folder at `path` again with its last settings, changed by ``key=value`` texts.

    Raises
    ------
    InvalidInputError
        If `path` is not an analysis folder, or its movie was moved.
    """
    results = open_results(path)
    origin = results.origin
    if not origin.movie.exists():
        raise InvalidInputError(
            f"The movie of '{path}' is no longer at '{origin.path}'. Give its new path: podia run MOVIE "
            "-o FOLDER."
        )
    config = override(RunConfig.parse(dict(results.settings)), settings)
    labels, points, tracks = (
        None if file is None else Path(file.path) for file in (origin.labels, origin.points, origin.tracks)
    )
    source = Source(origin.movie, labels, points, tracks, origin.labels_are_tracks)
    return run_source(source, path, config, until=until, progress=progress, processes=processes)
