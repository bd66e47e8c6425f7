"""Progress of long steps."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called while a step runs; a progress bar, a widget or nothing implements it."""

    def __call__(self, step: str, done: int, total: int) -> None:
        """Tell that `done` of `total` frames of `step` are finished."""


def silent(step: str, done: int, total: int) -> None:
    """Report nothing."""
