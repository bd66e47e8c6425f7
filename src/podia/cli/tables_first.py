"""Report that tables are up to date, before film and report are made."""

from __future__ import annotations

from collections.abc import Callable

from podia.data.progress import Progress


class TablesFirst:
    """Progress that is passed on, and a message once tables were measured anew and the next step begins."""

    def __init__(self, progress: Progress, say: Callable[[], None]) -> None:
        self._progress, self._say = progress, say
        self._calls_of_measure = 0
        self._is_said = False

    def __call__(self, step: str, done: int, total: int) -> None:
        """Pass progress on."""
        if step == "measure":
            self._calls_of_measure += 1
        # A step that was up to date reports once, one that was done again once per frame and at its end.
        elif self._calls_of_measure > 1 and not self._is_said:
            self._is_said = True
            self._say()
        self._progress(step, done, total)
