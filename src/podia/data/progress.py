"""Progress callback of long steps."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Callback that is called while a step runs, such as a progress bar."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Report that `done` of `total` frames of `step` are finished."""


def silent(step: str, done: int, total: int) -> None:
    """Report nothing."""
