"""``README.txt`` of an analysis folder: a list of its files and their contents."""

from __future__ import annotations

import textwrap

from podia.files.atomic import atomic_path
from podia.io.analysis_folder import AnalysisFolder
from podia.io.layout import DESCRIPTIONS, FILM, FOLDERS, README, REPORT, RUN_RECORD

_FIRST = {REPORT: "The results, in a web browser: start here."}
_LAST = (
    "podia tables explains every column of the tables. podia needs the folder .podia (hidden on some "
    "systems) to resume or change this analysis."
)
_WIDTH = 100


def write_readme(folder: AnalysisFolder, movie: str) -> None:
    """Write the file into `folder`, after all other outputs except the record."""
    files = {name: DESCRIPTIONS[name] for name in (REPORT, FILM, RUN_RECORD)} | _FIRST
    folders = {f"{name}/": text for name, text in FOLDERS.items()}
    text = "\n".join(
        [
            f"Analysis of {movie} by podia",
            "",
            *(_entry(name, what) for name, what in (files | folders).items()),
            "",
            *textwrap.wrap(_LAST, _WIDTH),
        ]
    )
    with atomic_path(folder / README) as temporary:
        temporary.write_text(text + "\n", encoding="utf-8")


def _entry(name: str, text: str) -> str:
    return textwrap.fill(
        f"{name:<13} {text}",
        _WIDTH,
        subsequent_indent=" " * 14,
        break_long_words=False,
        break_on_hyphens=False,
    )
