"""An analysis folder brought up to date: its own movie and settings, some of them changed."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from podia.data.config import override
from podia.data.errors import InvalidInputError
from podia.data.progress import Progress, silent
from podia.io.analysis_folder import AnalysisFolder, require_current_layout
from podia.pipeline.config import load_config
from podia.pipeline.run import run
from podia.pipeline.steps import Step


def run_again(
    path: Path, settings: Iterable[str] = (), *, until: Step = "report", progress: Progress = silent
) -> AnalysisFolder:
    """Run the movie of the folder at `path` again, its last settings changed by ``key=value`` texts.

    Raises
    ------
    InvalidInputError
        If `path` is not an analysis folder, or its movie is no longer where it was.
    """
    folder = AnalysisFolder(path)
    require_current_layout(path)
    owner = folder.owner()
    if owner is None:
        raise InvalidInputError(
            f"'{path}' is not an analysis folder. Make one with: podia run MOVIE -o FOLDER."
        )
    if not Path(owner["path"]).exists():
        raise InvalidInputError(
            f"The movie of '{path}' is no longer at '{owner['path']}'. "
            f"Give its new place: podia run MOVIE -o FOLDER."
        )
    config = override(load_config(folder.work / "config.json"), settings)
    labels, points = (owner[name]["path"] if name in owner else None for name in ("labels", "points"))
    return run(owner["path"], path, config, labels=labels, points=points, until=until, progress=progress)
