"""What marks a folder as an analysis, for those who only must not write into it."""

from __future__ import annotations

from pathlib import Path

from podia.data.errors import OutputError


def is_analysis_folder(folder: str | Path) -> bool:
    """Return whether ``podia run``, or one of its steps, has its results in `folder`, finished or not."""
    folder = Path(folder)
    return (folder / ".podia").is_dir() or (folder / "run.json").is_file()


def require_no_analysis(folder: str | Path, overwritten: str) -> None:
    """Refuse to write results that have the names of an analysis's own tables over these.

    Parameters
    ----------
    folder
        Where they would be written.
    overwritten
        A file that would be lost.

    Raises
    ------
    OutputError
        If `folder` is an analysis folder.
    """
    if is_analysis_folder(folder):
        raise OutputError(
            f"'{folder}' is an analysis folder; its {overwritten} would be overwritten. Give another -o."
        )
