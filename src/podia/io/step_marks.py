"""Steps of a run, and the marks of started and finished steps in an analysis folder."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, get_args

from podia.data.errors import MovieReadError

Step = Literal["drift", "segment", "track", "correct", "measure", "export", "report"]
STEPS: tuple[Step, ...] = get_args(Step)
"""The steps in the order in which they run."""


def begun_mark(folder: Path, step: str) -> Path:
    """Return the path of the file that marks `step` as started, with its key."""
    return folder / ".podia" / f"{step}.begun"


def done_mark(folder: Path, step: str) -> Path:
    """Return the path of the file that marks `step` as done, until an earlier step starts again."""
    return folder / ".podia" / f"{step}.done"


def require_done(folder: Path, step: str) -> None:
    """Reject results of a step that is not finished, or whose input has changed.

    A folder without these files, such as a copy without hidden files, is accepted.

    Raises
    ------
    MovieReadError
        If `step` has to run, or to run again.
    """
    if begun_mark(folder, step).is_file() and not done_mark(folder, step).is_file():
        raise MovieReadError(
            f"'{folder}' is not up to date: its step '{step}' is not finished, or an earlier step has run again "
            f"since. Run the same podia run command again, or: podia report {folder}."
        )
