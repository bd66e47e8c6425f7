"""One task per position, well or scene of a file or folder."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from podia.data.errors import InvalidInputError
from podia.io.read import positions_in
from podia.pipeline.outcome import Task


def tasks_of_positions(tasks: Sequence[Task]) -> list[Task]:
    """Return a task for each position of each movie, in folders named ``<movie>_<position>``.

    Raises
    ------
    InvalidInputError
        If masks, points or tracks are given, which belong to a single movie, or a position is already selected.
    """
    expanded = []
    for task in tasks:
        if not task.source.segments:
            raise InvalidInputError(
                "--each-position cannot be combined with --labels, --points or --tracks, which belong to "
                "one movie."
            )
        if task.config.position is not None:
            raise InvalidInputError("--position and --each-position cannot be combined. Remove one of them.")
        positions = positions_in(task.source.movie, pattern=task.config.pattern)
        if len(positions) == 1:
            expanded.append(task)
            continue
        for position in positions:
            folder = task.folder.with_name(f"{task.folder.name}_{re.sub(r'[^A-Za-z0-9.-]+', '-', position)}")
            config = task.config.model_copy(update={"position": position})
            expanded.append(replace(task, folder=folder, config=config))
    return expanded
