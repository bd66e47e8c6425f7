"""Tasks of a plate: one folder per well, and the table for ``podia compare``."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from podia.data.errors import InvalidInputError
from podia.io.plate_map import PLATE_TABLE
from podia.pipeline.config import RunConfig
from podia.pipeline.outcome import Task
from podia.pipeline.plate import plate_tasks, write_plate_table
from podia.pipeline.source import Source


def plate_folder(folder: Path, names: list[str]) -> Task:
    images = folder / "plate"
    images.mkdir()
    for name in names:
        for frame in range(2):
            tifffile.imwrite(images / f"{name}_t{frame:02d}.tif", np.zeros((8, 8), np.uint8))
    return Task(Source(images), folder / "out" / "plate", RunConfig())


def written_map(folder: Path, wells: list[str]) -> Path:
    path = folder / "map.csv"
    pd.DataFrame({"well": wells, "replicate": 1, "dose_uM": range(len(wells)), "compound": "x"}).to_csv(
        path, index=False
    )
    return path


def test_each_well_of_the_map_is_a_task_in_its_folder(tmp_path: Path) -> None:
    task = plate_folder(tmp_path, ["A01", "A02", "B01"])
    plate = plate_tasks([task], written_map(tmp_path, ["A1", "B1"]))
    assert [one.folder.name for one in plate.tasks] == ["A1", "B1"]
    assert [one.config.position for one in plate.tasks] == ["A01", "B01"]
    assert plate.unused == ("plate_A02",)
    path = write_plate_table(plate, tmp_path, [plate.tasks[1].folder])
    assert path.name == PLATE_TABLE
    table = pd.read_csv(path)
    assert table[["folder", "well", "condition", "dose"]].to_numpy().tolist() == [["A1", "A1", "x 0 uM", 0]]


def test_movies_named_after_wells_are_wells(tmp_path: Path) -> None:
    tasks = []
    for name in ("A1", "A2"):
        path = tmp_path / f"day1_{name}.tif"
        tifffile.imwrite(path, np.zeros((3, 8, 8), np.uint8), photometric="minisblack")
        tasks.append(Task(Source(path), tmp_path / "out" / f"day1_{name}", RunConfig()))
    plate = plate_tasks(tasks, written_map(tmp_path, ["A1", "A2"]))
    assert [one.folder.name for one in plate.tasks] == ["A1", "A2"]


def test_a_well_without_movie_is_refused(tmp_path: Path) -> None:
    task = plate_folder(tmp_path, ["A01", "A02"])
    with pytest.raises(InvalidInputError, match=r"contains well 'C5', but no movie.*plate_A01, plate_A02"):
        plate_tasks([task], written_map(tmp_path, ["C5"]))
