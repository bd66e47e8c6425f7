"""Runs of the wells of a plate: one task per well, and the table that ``podia compare`` reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from podia.data.errors import InvalidInputError
from podia.files.atomic import atomic_path
from podia.io.plate_map import PLATE_TABLE, Well, read_plate_map, well_in
from podia.pipeline.each_position import tasks_of_positions
from podia.pipeline.outcome import Task


@dataclass(frozen=True)
class PlateTasks:
    """Tasks of the wells in a plate map, the well of each, and positions that are not in the map."""

    tasks: tuple[Task, ...]
    wells: tuple[Well, ...]
    unused: tuple[str, ...]


def plate_tasks(tasks: Sequence[Task], plate_map: Path) -> PlateTasks:
    """Return one task per position of a well in the plate map, in folders named after the well.

    A movie or position belongs to the well that its name contains. Several positions of a well are several movies of
    the same condition and replicate, in folders named after well and position.

    Raises
    ------
    InvalidInputError
        If the map cannot be read, or contains a well without a movie.
    """
    wells = {well.name: well for well in read_plate_map(plate_map)}
    found: list[tuple[Well, Task]] = []
    unused = []
    for task in tasks_of_positions(tasks):
        label = task.config.position if isinstance(task.config.position, str) else task.folder.name
        well = wells.get(well_in(label)) or wells.get(label)
        if well is None:
            unused.append(task.folder.name)
        else:
            found.append((well, task))
    missing = [name for name in wells if name not in {well.name for well, _ in found}]
    if missing:
        raise InvalidInputError(
            f"'{plate_map}' contains well '{missing[0]}', but no movie or position has it in its name. "
            f"Found: {', '.join([task.folder.name for _, task in found] + unused) or 'none'}."
        )
    n_of = [sum(other is well for other, _ in found) for well, _ in found]
    named = tuple(
        replace(
            task, folder=task.folder.with_name(well.name if n == 1 else f"{well.name}_{task.folder.name}")
        )
        for (well, task), n in zip(found, n_of, strict=True)
    )
    return PlateTasks(named, tuple(well for well, _ in found), tuple(unused))


def write_plate_table(plate: PlateTasks, output: Path, failed: Sequence[Path]) -> Path:
    """Write ``experiment.csv`` for ``podia compare``, without folders whose run failed, and return its path."""
    rows = [
        {
            "folder": task.folder.name,
            "well": well.name,
            "condition": well.condition,
            "replicate": well.replicate,
            "dose": "" if well.dose is None else f"{well.dose:g}",
            "dose_unit": well.dose_unit,
            "compound": well.compound,
        }
        for task, well in zip(plate.tasks, plate.wells, strict=True)
        if task.folder not in set(failed)
    ]
    path = output / PLATE_TABLE
    columns = ["folder", "well", "condition", "replicate", "dose", "dose_unit", "compound"]
    with atomic_path(path) as temporary:
        pd.DataFrame(rows, columns=columns).to_csv(
            temporary, index=False, lineterminator="\n", encoding="utf-8"
        )
    return path
