"""An OME-NGFF plate (HCS): each well is a movie, and a plate map names its condition."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zarr

from podia.io.read import read
from podia.pipeline.config import RunConfig
from podia.pipeline.outcome import Task
from podia.pipeline.plate import plate_tasks
from podia.pipeline.run import run
from podia.pipeline.source import Source
from podia.testing.small_movies import as_phase_contrast, crawling_discs

WELLS = ("A/1", "A/2", "B/1")
AXES = [
    {"name": "t", "type": "time", "unit": "second"},
    {"name": "c", "type": "channel"},
    {"name": "y", "type": "space", "unit": "micrometer"},
    {"name": "x", "type": "space", "unit": "micrometer"},
]


def write_plate(path: Path, version: str) -> None:
    """Write a plate of three wells with one field each, two frames of 0.5 um and 5 min."""
    root = zarr.open_group(path, mode="w", zarr_format=3 if version == "0.5" else 2)
    plate = {
        "version": version,
        "rows": [{"name": "A"}, {"name": "B"}],
        "columns": [{"name": "1"}, {"name": "2"}],
        "wells": [
            {"path": well, "rowIndex": "AB".index(well[0]), "columnIndex": int(well[2]) - 1} for well in WELLS
        ],
    }
    _describe(root, version, {"plate": plate})
    scale = {"type": "scale", "scale": [300.0, 1.0, 0.5, 0.5]}
    for seed, name in enumerate(WELLS):
        well = root.require_group(name)
        _describe(well, version, {"well": {"version": version, "images": [{"path": "0"}]}})
        field = well.require_group("0")
        datasets = [{"path": "0", "coordinateTransformations": [scale]}]
        _describe(field, version, {"multiscales": [{"version": version, "axes": AXES, "datasets": datasets}]})
        frames = as_phase_contrast(crawling_discs(2), seed)[:, None]
        field.create_array("0", shape=frames.shape, chunks=(1, 1, 128, 128), dtype="uint8")[:] = frames


def _describe(group: zarr.Group, version: str, attributes: dict[str, Any]) -> None:
    group.attrs.update({"ome": {"version": version, **attributes}} if version == "0.5" else attributes)


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_the_wells_of_a_plate_are_movies_under_the_names_of_the_map(tmp_path: Path, version: str) -> None:
    write_plate(tmp_path / "plate.zarr", version)
    rows = [("A1", "control", 1), ("B1", "drug", 1)]
    pd.DataFrame(rows, columns=["well", "condition", "replicate"]).to_csv(tmp_path / "map.csv", index=False)
    task = Task(Source(tmp_path / "plate.zarr"), tmp_path / "results" / "plate", RunConfig())
    plate = plate_tasks([task], tmp_path / "map.csv")
    assert [task.folder.name for task in plate.tasks] == ["A1", "B1"]
    assert [well.condition for well in plate.wells] == ["control", "drug"]
    assert len(plate.unused) == 1
    for well, seed in zip(plate.tasks, (0, 2), strict=True):
        movie = read(tmp_path / "plate.zarr", position=well.config.position)
        assert movie.calibration.pixel_size_um == 0.5
        assert movie.calibration.frame_interval_s == 300.0
        np.testing.assert_array_equal(movie.to_array(), as_phase_contrast(crawling_discs(2), seed))


def test_a_well_is_analysed_like_any_movie(tmp_path: Path) -> None:
    write_plate(tmp_path / "plate.zarr", "0.5")
    np.save(tmp_path / "labels.npy", crawling_discs(2))
    results = run(
        tmp_path / "plate.zarr",
        tmp_path / "A2",
        settings={"position": "A/2/0"},
        labels=tmp_path / "labels.npy",
        until="measure",
    )
    assert len(results.tables.cells) == 7
