from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from podia.data.errors import OutputError
from podia.io.read import read, read_labels
from podia.simulation.config import SimulationConfig
from podia.simulation.simulate import SimulatedMovie, simulate
from podia.simulation.write import write_simulation


@pytest.fixture(scope="module")
def simulated() -> SimulatedMovie:
    return simulate(SimulationConfig(n_frames=12, size_px=128, n_cells=2, division_rate_per_h=2.0, seed=6))


@pytest.fixture(scope="module")
def folder(simulated: SimulatedMovie, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("simulation") / "deep" / "folder"
    write_simulation(simulated, path)
    return path


def test_movie_and_labels_read_back_with_their_calibration(simulated: SimulatedMovie, folder: Path) -> None:
    movie, labels = read(folder / "movie.tif"), read_labels(folder / "labels.tif")
    assert movie.calibration == simulated.config.calibration
    assert np.array_equal(movie.to_array(), simulated.movie.to_array())
    assert np.array_equal(labels.to_array(), simulated.labels.to_array())


def test_tracks_are_a_ctc_ground_truth(simulated: SimulatedMovie, folder: Path) -> None:
    rows = np.loadtxt(folder / "tracks" / "TRA" / "man_track.txt", dtype=int, ndmin=2)
    spans = simulated.lineage.spans()
    assert rows[:, :3].tolist() == spans[["track_id", "first_frame", "last_frame"]].to_numpy().tolist()
    assert {row[0]: row[3] for row in rows.tolist() if row[3]} == dict(simulated.lineage.parents)
    assert len(simulated.lineage.parents) >= 2
    for frame in range(12):
        expected = simulated.labels.frame(frame)
        assert np.array_equal(
            tifffile.imread(folder / "tracks" / "TRA" / f"man_track{frame:03}.tif"), expected
        )
        assert np.array_equal(tifffile.imread(folder / "tracks" / "SEG" / f"man_seg{frame:03}.tif"), expected)


def test_tables_have_units_in_their_names_and_a_row_a_thing(simulated: SimulatedMovie, folder: Path) -> None:
    tracks = pd.read_csv(folder / "tracks.csv")
    assert list(tracks) == ["frame", "track_id", "parent_track_id", "y_px", "x_px"]
    assert len(tracks) == len(simulated.lineage.nodes)
    known = tracks.dropna(subset="parent_track_id")
    assert dict(zip(known["track_id"], known["parent_track_id"], strict=True)) == dict(
        simulated.lineage.parents
    )
    tips = pd.read_csv(folder / "tips.csv")
    assert tips[["tip_y_px", "tip_x_px"]].to_numpy() == pytest.approx(
        simulated.tips[["tip_y", "tip_x"]].to_numpy()
    )
    assert len(pd.read_csv(folder / "stubs.csv")) == len(simulated.stubs)
    drift = pd.read_csv(folder / "drift.csv")
    assert drift[["drift_y_px", "drift_x_px"]].to_numpy() == pytest.approx(simulated.drift.shifts)


def test_the_configuration_that_was_written_makes_the_same_movie(
    simulated: SimulatedMovie, folder: Path
) -> None:
    record = json.loads((folder / "simulation.json").read_text())
    assert SimulationConfig.parse(record["config"]) == simulated.config


def test_writing_twice_gives_the_same_bytes(simulated: SimulatedMovie, folder: Path, tmp_path: Path) -> None:
    write_simulation(simulated, tmp_path)
    written = sorted(path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    assert written == sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file())
    for path in written:
        assert (folder / path).read_bytes() == (tmp_path / path).read_bytes(), path


def test_files_that_no_simulation_wrote_are_replaced_only_on_request(
    simulated: SimulatedMovie, tmp_path: Path
) -> None:
    (tmp_path / "labels.tif").write_bytes(b"drawn by hand")
    with pytest.raises(OutputError, match=r"labels.tif' already exists.*--overwrite"):
        write_simulation(simulated, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["labels.tif"]
    write_simulation(simulated, tmp_path, overwrite=True)
    write_simulation(simulated, tmp_path)  # over its own
    assert read_labels(tmp_path / "labels.tif").shape == simulated.labels.shape
