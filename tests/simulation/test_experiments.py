"""Simulated experiments: the files that the how-to guides need, the same each time."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podia.data.errors import InvalidInputError, OutputError
from podia.io.plate_map import read_plate_map
from podia.io.read import read
from podia.simulation.experiments.culture import GAP_PX, RADIUS_PX, Culture
from podia.simulation.experiments.wound import closing_wound
from podia.simulation.experiments.write import effect, write_experiment


@given(seed=st.integers(0, 1000), n_cells=st.integers(1, 12))
@settings(max_examples=10, deadline=None)
def test_cells_of_a_culture_are_whole_apart_and_as_many_as_divisions_make(seed: int, n_cells: int) -> None:
    culture = Culture(np.random.default_rng(seed), 200, n_cells, step_px=2.0, divisions_per_frame=0.05)
    for _ in range(5):
        culture.step()
    assert len(culture.places) == n_cells + culture.n_divisions
    assert culture.places.min() >= RADIUS_PX
    assert culture.places.max() <= 200 - RADIUS_PX
    apart = np.linalg.norm(culture.places[:, None] - culture.places, axis=-1)
    apart = apart[~np.eye(len(apart), dtype=bool)]
    assert apart.size == 0 or apart.min() > 2 * RADIUS_PX + GAP_PX - 1


def test_the_gap_of_a_wound_closes_at_twice_the_speed_of_a_front() -> None:
    masks = list(closing_wound(np.random.default_rng(0), 240, 9, width_px=120, front_px_per_frame=1.5))
    gaps = [int((~mask.any(axis=0)).sum()) for mask in (masks[0], masks[8])]
    assert gaps[0] - gaps[1] == pytest.approx(2 * 1.5 * 8, abs=4)


def test_the_plate_has_a_map_that_podia_reads_and_a_movie_per_well(tmp_path: Path) -> None:
    write_experiment("doses", tmp_path)
    wells = read_plate_map(tmp_path / "plate.csv")
    assert [well.dose for well in wells] == [0, 1, 3, 10, 30] * 2
    assert read(tmp_path / "A01.tif").calibration.frame_interval_s == 1800.0
    assert len(list(tmp_path.glob("*.tif"))) == len(wells)


def test_the_table_of_two_conditions_names_the_folders_of_a_run_beside_it(tmp_path: Path) -> None:
    write_experiment("protrusions", tmp_path)
    table = pd.read_csv(tmp_path / "experiment.csv")
    assert sorted(set(table["condition"])) == ["control", "drug"]
    assert all((tmp_path / f"{Path(folder).name}.tif").is_file() for folder in table["folder"])


def test_the_same_experiment_is_written_with_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_experiment("debris", tmp_path / name)
    assert (tmp_path / "one/movie.tif").read_bytes() == (tmp_path / "two/movie.tif").read_bytes()


def test_half_of_the_effect_is_reached_at_the_ec50() -> None:
    assert effect(0) == 1
    assert effect(5.0) == pytest.approx((1 + effect(1e9)) / 2, abs=1e-6)


def test_an_unknown_experiment_and_files_that_exist_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"Unknown experiment 'dose'.*Did you mean 'doses'"):
        write_experiment("dose", tmp_path)
    write_experiment("debris", tmp_path)
    with pytest.raises(OutputError):
        write_experiment("debris", tmp_path)
