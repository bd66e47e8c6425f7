"""``podia review FOLDER --browser``: review and correction of an analysis in the browser."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from podia.corrections.record import parse_correction
from podia.data.errors import InvalidInputError, OutputError
from podia.io.layout import REPORT
from podia.pipeline.config import RunConfig
from podia.pipeline.correct import correct, undo_corrections
from podia.reporting.config import ReportConfig
from podia.reporting.viewer import shown_frames
from podia.results.results import Results, open_results
from podia.review.server import ReviewServer

_PAGE = "review.html"
"""File in the folder's ``.podia`` with all frames of the report, if the report itself has fewer."""
_MAX_MB = 500.0


def review_server(
    results: Results, *, author: str | None = None, now: Callable[[], str] | None = None, port: int = 0
) -> ReviewServer:
    """Return a server for the report of an analysis that accepts corrections; see :mod:`podia.review.server`.

    Parameters
    ----------
    author, now
        Author of corrections, and a clock (ISO 8601), for the record.
    port
        Port on 127.0.0.1; 0 selects a free one.

    Raises
    ------
    MovieReadError
        If the analysis is not finished.
    """
    results.require("report")
    work = _Work(results.path, author, now or (lambda: None))
    return ReviewServer(
        results.path,
        pages={"": work.page, REPORT: work.page},
        reads={"progress": work.progress},
        writes={"apply": work.apply, "undo": work.undo},
        port=port,
    )


class _Work:
    """Handlers for requests of the page. Only one change runs at a time."""

    def __init__(self, path: Path, author: str | None, now: Callable[[], str | None]) -> None:
        self._path, self._author, self._now = path, author, now
        self._busy = threading.Lock()
        self._told: dict[str, Any] = {"step": "", "done": 0, "total": 0}

    def page(self) -> Path:
        """Return the report; if it has only some frames, create one with all frames on the first request."""
        results = open_results(self._path)
        config = RunConfig.parse(dict(results.settings)).report
        inputs = results.report_inputs()
        if len(shown_frames(inputs, config)) == results.movie.n_frames:
            return results / REPORT
        page = results.folder.work / _PAGE
        if not page.exists() or page.stat().st_mtime_ns < (results / REPORT).stat().st_mtime_ns:
            everything = {"max_frames": results.movie.n_frames, "max_page_mb": _MAX_MB}
            results.report(page, ReportConfig.parse(config.model_dump() | everything))
        return page

    def progress(self) -> dict[str, Any]:
        """Return the running step and its frames."""
        return self._told

    def apply(self, asked: Any) -> dict[str, Any]:
        """Add corrections, and update the analysis."""
        if not isinstance(asked, list) or not asked:
            raise InvalidInputError("There are no corrections to apply.")
        signed = [
            parse_correction(one).model_copy(update={"author": self._author, "time": self._now()})
            for one in asked
        ]
        return self._do(lambda: correct(self._path, signed, progress=self._tell))

    def undo(self, asked: Any) -> dict[str, Any]:
        """Remove the requested number of last corrections."""
        if not isinstance(asked, int):
            raise InvalidInputError("The number of corrections to undo is not a number.")
        return self._do(lambda: undo_corrections(self._path, asked, progress=self._tell).results)

    def _do(self, change: Callable[[], Results]) -> dict[str, Any]:
        if not self._busy.acquire(blocking=False):
            raise OutputError("podia is busy. Wait until it is done.")
        try:
            results = change()
        finally:
            self._tell("", 0, 0)
            self._busy.release()
        return {"problems": list(results.tracking.problems)}

    def _tell(self, step: str, done: int, total: int) -> None:
        self._told = {"step": step, "done": done, "total": total}
