"""Progress bars on standard error: steps done, speed, time left."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from podia.training.checkpoint import TrainingState
    from podia.training.train import TrainingProgress
    from podia.training.validation import Scores


class _Speed(ProgressColumn):
    """Speed of the running step."""

    def render(self, task: Task) -> Text:
        """Return the speed, or nothing before it is known."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f}/s", style="progress.data.speed")


class ProgressBars:
    """One bar per movie and step; without a terminal, one line per finished step."""

    def __init__(self, console: Console | None) -> None:
        self._console = console
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._reported: set[str] = set()

    def of_movie(self, movie: str) -> ProgressCallback:
        """Return the callback that draws the steps of `movie`."""
        if self._console is None:
            return silent

        def update(step: str, done: int, total: int) -> None:
            self._update(f"{movie} {step}".strip(), done, total)

        return update

    def of_training(self) -> TrainingProgress:
        """Return the callback that draws the steps of a training and prints the scores of each validation."""
        scored = ""

        def update(state: TrainingState, n_steps: int, loss: float, scores: Scores | None) -> None:
            nonlocal scored
            if self._console is None:
                return
            if scores is not None:
                scored = "".join(f", {name} {value:.3f}" for name, value in scores.defined().items())
                self._print(f"step {state.step}: loss {loss:.3f}{scored}")
            if self._console.is_terminal:
                self._draw("train", state.step, n_steps, f"train: loss {loss:.3f}{scored}")

        return update

    def stop(self) -> None:
        """Leave the bars as they are, and give the terminal back."""
        if self._bars is not None:
            self._bars.stop()

    def _update(self, name: str, done: int, total: int) -> None:
        if self._console is None:
            return
        if self._console.is_terminal:
            self._draw(name, done, total, name)
        elif done >= total and name not in self._reported:
            self._reported.add(name)
            self._print(f"{name}: {total} done")

    def _draw(self, key: str, done: int, total: int, text: str) -> None:
        if (
            self._bars is None
        ):  # started with the first bar: all but one of several training processes draw none
            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                MofNCompleteColumn(),
                _Speed(),
                TimeRemainingColumn(),
                console=self._console,
            )
            self._bars.start()
        if key not in self._tasks:
            self._tasks[key] = self._bars.add_task(text, total=total)
        self._bars.update(self._tasks[key], completed=done, total=total, description=text)

    def _print(self, line: str) -> None:
        if self._console is not None:
            self._console.print(line, highlight=False)


@contextmanager
def progress_bars(*, quiet: bool) -> Iterator[ProgressBars]:
    """Draw bars on standard error, which keeps standard output for results."""
    bars = ProgressBars(None if quiet else Console(stderr=True))
    try:
        yield bars
    finally:
        bars.stop()
