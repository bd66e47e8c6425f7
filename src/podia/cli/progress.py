"""Progress bars: frames done, frames a second, time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from podia.data.progress import Progress as ProgressCallback
from podia.data.progress import silent


class _FramesPerSecond(ProgressColumn):
    """Speed of the running step."""

    def render(self, task: Task) -> Text:
        """Return the speed, or nothing before it is known."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f}/s", style="progress.data.speed")


class ProgressBars:
    """One bar a movie and step; on a terminal that cannot draw, a line a finished step."""

    def __init__(self, progress: Progress | None, console: Console) -> None:
        self._progress = progress
        self._console = console
        self._bars: dict[tuple[str, str], TaskID] = {}
        self._told: set[tuple[str, str]] = set()

    def of_movie(self, movie: str) -> ProgressCallback:
        """Return the callback that draws the steps of `movie`."""
        if self._progress is None:
            return silent

        def update(step: str, done: int, total: int) -> None:
            self._update(movie, step, done, total)

        return update

    def _update(self, movie: str, step: str, done: int, total: int) -> None:
        key = (movie, step)
        name = f"{movie} {step}".strip()
        if not self._console.is_terminal:
            if done >= total and key not in self._told:
                self._told.add(key)
                self._console.print(f"{name}: {total} done", highlight=False)
            return
        if self._progress is None:
            return
        if key not in self._bars:
            self._bars[key] = self._progress.add_task(name, total=total)
        self._progress.update(self._bars[key], completed=done, total=total)


@contextmanager
def progress_bars(*, quiet: bool) -> Iterator[ProgressBars]:
    """Draw bars on standard error, which keeps standard output for results."""
    console = Console(stderr=True)
    if quiet:
        yield ProgressBars(None, console)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        _FramesPerSecond(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        yield ProgressBars(progress, console)
