"""The marks in an analysis folder that tell which of its steps were begun and which are done."""

from __future__ import annotations

from pathlib import Path

from podia.data.errors import MovieReadError


def begun_mark(folder: Path, step: str) -> Path:
    """Where `step` says under which settings it was begun."""
    return folder / ".podia" / f"{step}.begun"


def done_mark(folder: Path, step: str) -> Path:
    """Where `step` says that it is done, as long as nothing before it is done anew."""
    return folder / ".podia" / f"{step}.done"


def require_done(folder: Path, step: str) -> None:
    """Refuse results of a step that was begun and not finished, or whose input changed since.

    A folder without marks, such as a copy without hidden files, passes.

    Raises
    ------
    MovieReadError
        If `step` has to be done, or done again.
    """
    if begun_mark(folder, step).is_file() and not done_mark(folder, step).is_file():
        raise MovieReadError(
            f"'{folder}' is not up to date: its step '{step}' was not finished, or a step before it was done again "
            f"since. Give the same podia run command again, or: podia report {folder}."
        )
