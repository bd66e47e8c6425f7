"""A finished analysis, opened: what it gives, and what it says where something is missing."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import podia
from podia.data.errors import InvalidInputError, MovieReadError
from podia.io.layout import LABELS, REPORT, RUN_RECORD
from podia.pipeline.config import RunConfig
from podia.pipeline.run import run
from podia.results.results import Results
from podia.testing.small_movies import crawling_discs, write_small_movie


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("analysed")
    movie = write_small_movie(folder)
    run(movie, folder / "results", labels=folder / "labels.tif")
    return folder / "results"


def test_everything_that_a_run_found_is_at_hand(analysed: Path) -> None:
    results = podia.open(analysed)
    assert results.calibration == podia.Calibration(0.5, 300.0)
    assert results.movie.n_frames == results.drift.n_frames == results.labels.n_frames == 6
    assert results.lineage.n_divisions == results.tracking.n_divisions == 1
    assert results.tables.cells["track_id"].nunique() == len(results.lineage.track_ids) == 5
    assert set(results.kymographs.track_ids) == set(results.lineage.track_ids)
    assert results.record["config"] == results.settings
    assert {REPORT, RUN_RECORD, LABELS} <= set(results.files)
    assert results.segmentation.made_by == "masks by the labels file"


def test_labels_and_lineage_go_together_and_are_measured_as_they_were(analysed: Path) -> None:
    results = podia.open(analysed)
    assert np.array_equal(results.labels.frame(0) > 0, crawling_discs()[0] > 0)
    again = podia.measure(results.movie, results.labels, results.lineage, drift=results.drift)
    columns = ["frame", "track_id", "area_um2"]
    assert again.cells[columns].equals(results.tables.cells[columns])


def test_a_report_is_written_anew_with_other_settings(analysed: Path, tmp_path: Path) -> None:
    results = podia.open(analysed)
    page = results.report(tmp_path / "again.html", settings={"max_page_mb": 10})
    assert "masks by the labels file" in page.read_text(encoding="utf-8")
    assert podia.report(results, tmp_path / "same.html").is_file()


def test_a_run_gives_what_opening_its_folder_gives(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path, n_frames=2)
    results = podia.run(movie, tmp_path / "out", method="blobs", until="track", pixel_size_um=0.7)
    assert isinstance(results, Results)
    assert podia.open(tmp_path / "out").calibration.pixel_size_um == results.calibration.pixel_size_um == 0.7
    assert results.segmentation.positions_only


def test_tables_are_read_once_and_only_when_asked_for(
    analysed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    from podia.results import results as module

    original = module.read_table
    monkeypatch.setattr(
        module, "read_table", lambda path, *rest: reads.append(path.name) or original(path, *rest)
    )
    results = podia.open(analysed)
    assert reads == []
    for _ in range(2):
        assert len(results.tables.tracks) == 5
    assert reads == ["tracks.parquet"]


def _noting(reads: list[Path], read: Callable[[Path], object]) -> Callable[[Path], object]:
    def noted(path: Path) -> object:
        reads.append(path)
        return read(path)

    return noted


def test_each_lineage_is_parsed_once_in_a_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from podia.pipeline import correct_step, stored_cells
    from podia.results import results as module

    reads = []
    for reader, name in (
        (module, "read_geff"),
        (stored_cells, "read_lineage"),
        (correct_step, "read_lineage"),
    ):
        monkeypatch.setattr(reader, name, _noting(reads, getattr(reader, name)))
    movie = write_small_movie(tmp_path, n_frames=3)
    config = RunConfig(exports=("tiff", "ctc", "trackmate"))
    run(movie, tmp_path / "out", config, labels=tmp_path / "labels.tif")
    assert [path.parent.name for path in reads] == ["track", "correct"]  # before and after corrections


def test_a_copy_without_hidden_files_is_opened_too(analysed: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(analysed, copy, ignore=shutil.ignore_patterns(".podia"))
    results = podia.open(copy)
    assert len(results.tables.cells) == len(podia.open(analysed).tables.cells)
    assert results.movie.n_frames == 6


def test_what_is_no_analysis_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match=r"is not an analysis folder\. Create one with: podia run"):
        podia.open(tmp_path)
    (tmp_path / "results").mkdir()
    with pytest.raises(InvalidInputError, match=r"no folder '.*result'\. Did you mean 'results'"):
        podia.open(tmp_path / "result")


def test_a_folder_of_an_earlier_podia_is_refused_with_the_command_that_makes_it_anew(tmp_path: Path) -> None:
    (tmp_path / ".podia").mkdir()
    (tmp_path / "cells.csv").touch()
    with pytest.raises(
        InvalidInputError, match=r"earlier version of podia.* podia run MOVIE -o OTHER_FOLDER"
    ):
        podia.open(tmp_path)


def test_what_a_run_has_not_reached_says_so(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path, n_frames=2)
    results = podia.run(movie, tmp_path / "out", labels=tmp_path / "labels.tif", until="track")
    assert results.lineage.track_ids
    with pytest.raises(MovieReadError, match=r"run has not finished.*podia report"):
        _ = results.tables.cells
    with pytest.raises(MovieReadError, match="has no results of the step 'report': its run has not finished"):
        _ = results.warnings
    movie.rename(movie.with_name("moved.tif"))
    with pytest.raises(MovieReadError, match=r"no longer at '.*movie\.tif'.*podia run MOVIE"):
        _ = podia.open(tmp_path / "out").movie
