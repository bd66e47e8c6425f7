import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile

from podia.data.config import override
from podia.data.errors import InvalidInputError, MovieReadError, OutputError
from podia.data.progress import silent
from podia.data.tables import FOLDER_TABLES
from podia.evaluation.inputs import open_input
from podia.io.analysis_folder import AnalysisFolder
from podia.io.layout import LABELS, LABELS_TIFF, csv_of
from podia.io.read import read_labels
from podia.io.step_marks import Step
from podia.pipeline import job
from podia.pipeline.again import run_again
from podia.pipeline.config import RunConfig
from podia.pipeline.job import open_job
from podia.pipeline.run import run
from podia.pipeline.source import Source
from podia.pipeline.steps import StepKey
from podia.results.results import Results
from podia.testing.small_movies import crawling_discs, times_of, write_small_movie
from podia.training.data.sources import read_annotated

ALL_EXPORTS = RunConfig(exports=("tiff", "ctc", "trackmate"))
STANDING = override(ALL_EXPORTS, ["preprocessing.drift.enabled=false"])
"""The ground of the small movie is noise, so nothing but the cells could tell whether the field moved."""


def outputs_of(folder: Path) -> dict[str, bytes]:
    """Every output file's bytes, ``.podia`` left out."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".podia" not in path.relative_to(folder).parts
    }


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Results]:
    """A small movie run with its own labels and all exports."""
    root = tmp_path_factory.mktemp("run")
    movie = write_small_movie(root)
    return movie, run(movie, root / "results", STANDING, labels=root / "labels.tif")


def test_a_run_leaves_every_file_that_the_design_lists(done: tuple[Path, Results]) -> None:
    _, folder = done
    names = {path.name for path in folder.path.iterdir()} - {".podia"}
    assert names == {
        "report.html",
        "overlay.mp4",
        "README.txt",
        "run.json",
        "tables",
        "masks",
        "tracks",
        "more",
    }
    inside = {path.relative_to(folder.path).as_posix() for path in folder.path.glob("[!.]*/*")}
    assert inside == {
        *(f"tables/{schema.name}.csv" for schema in FOLDER_TABLES),
        "tables/parquet",
        "masks/labels.ome.zarr",
        "masks/labels.tif",
        "tracks/tracks.geff",
        "tracks/ctc",
        "tracks/trackmate.xml",
        "more/run.log",
        "more/drift.csv",
        "more/kymographs.npz",
    }
    parquet = {path.name for path in (folder / "tables" / "parquet").iterdir()}
    assert parquet == {f"{schema.name}.parquet" for schema in FOLDER_TABLES}


def test_the_readme_names_what_lies_in_the_folder(done: tuple[Path, Results]) -> None:
    _, folder = done
    lines = (folder / "README.txt").read_text().splitlines()
    assert lines[0] == "Analysis of movie by podia"
    named = {line.split()[0].rstrip("/") for line in lines if line and not line.startswith(" ")}
    assert {path.name for path in folder.path.glob("[!.]*")} - {"README.txt"} <= named
    assert len(lines) < 25
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("claimed", [True, False])
def test_a_folder_of_an_earlier_layout_is_named_as_such(tmp_path: Path, claimed: bool) -> None:
    old = tmp_path / "old"
    (old / ".podia").mkdir(parents=True)
    (old / "cells.csv").write_text("frame\n")
    if claimed:
        (old / ".podia" / "movie.json").write_text('{"path": "/data/movie.tif", "sha256": "0"}')
    again = "podia run '/data/movie.tif'" if claimed else "podia run MOVIE"
    message = f"earlier version of podia.* Analyse the movie again in a new folder: {again} -o OTHER_FOLDER"
    with pytest.raises(InvalidInputError, match=message):
        run(write_small_movie(tmp_path), old)
    for reader in (run_again, read_annotated, lambda path: open_input(path, "result")):
        with pytest.raises(InvalidInputError, match=message):
            reader(old)


def test_the_tables_tell_what_happened(done: tuple[Path, Results]) -> None:
    _, folder = done
    cells = pd.read_csv(folder / csv_of("cells"))
    tracks = pd.read_csv(folder / csv_of("tracks"))
    events = pd.read_csv(folder / csv_of("events"))
    assert len(cells) == 3 * 3 + 3 * 4
    assert len(tracks) == 5
    assert (events["event"] == "division").sum() == 2
    crawler = cells[cells["segmentation_label"] == 1]
    # 3 px of 0.5 um in 5 min.
    np.testing.assert_allclose(crawler["speed_um_per_min"].dropna(), 3 * 0.5 / 5, atol=0.02)


def test_labels_keep_a_value_through_time(done: tuple[Path, Results]) -> None:
    _, folder = done
    labels = read_labels(folder / LABELS)
    assert labels.calibration.pixel_size_um == pytest.approx(0.5)
    truth = crawling_discs()
    tracked = labels.to_array()
    np.testing.assert_array_equal(tracked > 0, truth > 0)
    assert len(np.unique(tracked[truth == 1])) == 1
    np.testing.assert_array_equal(tifffile.imread(folder / LABELS_TIFF), tracked)


def test_a_second_run_does_nothing_and_changes_nothing(done: tuple[Path, Results]) -> None:
    movie, folder = done
    before = times_of(folder.path)
    run(movie, folder.path, STANDING, labels=movie.parent / "labels.tif")
    assert times_of(folder.path) == before


def test_the_record_repeats_the_run(done: tuple[Path, Results]) -> None:
    _, folder = done
    record = json.loads((folder / "run.json").read_text())
    assert RunConfig.parse(record["config"]) == STANDING
    assert record["input"]["shape"] == [6, 128, 128]
    assert set(record["steps"]) == {"drift", "segment", "track", "correct", "measure", "export", "report"}


class KilledError(BaseException):
    """Stands for SIGKILL: nothing in podia may catch it."""


def test_a_run_killed_at_every_step_and_frame_resumes_to_the_same_bytes(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    whole = run(movie, tmp_path / "whole", ALL_EXPORTS)
    reports: list[tuple[str, int]] = []
    run(movie, tmp_path / "count", ALL_EXPORTS, progress=lambda step, done, _: reports.append((step, done)))
    truth = outputs_of(whole.path)
    assert outputs_of(tmp_path / "count") == truth

    killed = tmp_path / "killed"
    kills = 0
    while _is_killed(movie, killed, at_report=2 * kills + 1):
        kills += 1
    assert kills > 5
    assert outputs_of(killed) == truth


def _is_killed(movie: Path, folder: Path, at_report: int) -> bool:
    """Run until progress is told for the `at_report`-th time; return whether it came to that."""
    seen = 0

    def progress(_step: str, _done: int, _total: int) -> None:
        nonlocal seen
        seen += 1
        if seen == at_report:
            raise KilledError

    try:
        run(movie, folder, ALL_EXPORTS, progress=progress)
    except KilledError:
        return True
    return False


def test_a_changed_tracking_setting_leaves_the_segmentation_alone(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    folder = run(movie, tmp_path / "results", labels=tmp_path / "labels.tif")
    stored = folder.folder.work_of("segment") / "t000000.tif"
    before = stored.stat().st_mtime_ns
    run_again(folder.path, ["tracking.divisions=false"], until="track")
    assert stored.stat().st_mtime_ns == before
    record = json.loads((folder / "run.json").read_text())
    assert set(record["steps"]) == {
        "drift",
        "segment",
        "track",
        "correct",
    }  # what follows tracking is not up to date
    assert record["config"]["tracking"]["divisions"] is False
    run_again(folder.path)
    assert (pd.read_csv(folder / csv_of("events"))["event"] != "division").all()


def test_the_folder_of_another_movie_is_refused_and_left_alone(tmp_path: Path) -> None:
    first, second = write_small_movie(tmp_path / "a"), write_small_movie(tmp_path / "b", seed=1)
    folder = run(first, tmp_path / "results", until="drift")
    before = outputs_of(folder.path)
    with pytest.raises(
        OutputError, match=r"contains the results of another movie .* Choose another output folder"
    ):
        run(second, folder.path)
    assert outputs_of(folder.path) == before


def test_a_folder_with_other_files_is_refused(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path / "a")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("all of it")
    with pytest.raises(OutputError, match="not empty and is not an analysis folder"):
        run(movie, tmp_path / "mine")


def test_labels_of_another_size_are_refused(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    tifffile.imwrite(
        tmp_path / "small.tif",
        np.zeros((6, 64, 64), np.uint8),
        photometric="minisblack",
        metadata={"axes": "TYX"},
    )
    with pytest.raises(InvalidInputError, match=r"\(6, 64, 64\), the movie .* \(6, 128, 128\)"):
        run(movie, tmp_path / "results", labels=tmp_path / "small.tif")


def test_a_binary_mask_is_not_taken_for_one_cell_a_frame(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    mask = (tifffile.imread(tmp_path / "labels.tif") > 0).astype(np.uint8)
    tifffile.imwrite(tmp_path / "mask.tif", mask, photometric="minisblack", metadata={"axes": "TYX"})
    with pytest.raises(MovieReadError, match="is a binary mask, not labels"):
        run(movie, tmp_path / "results", labels=tmp_path / "mask.tif")
    assert not (tmp_path / "results").exists()


def test_a_missing_movie_is_told(tmp_path: Path) -> None:
    with pytest.raises(MovieReadError, match=r"nothing\.tif"):
        run(tmp_path / "nothing.tif", tmp_path / "results")


def test_a_single_frame_gives_shapes_and_no_motion(tmp_path: Path) -> None:
    tifffile.imwrite(tmp_path / "one.tif", write_and_read_first(tmp_path))
    folder = run(tmp_path / "one.tif", tmp_path / "results")
    cells = pd.read_csv(folder / csv_of("cells"))
    assert cells["speed_px_per_frame"].isna().all()


def write_and_read_first(folder: Path) -> np.ndarray:
    return np.asarray(tifffile.imread(write_small_movie(folder))[0])


def test_a_movie_without_cells_gives_empty_tables_with_headers(tmp_path: Path) -> None:
    tifffile.imwrite(
        tmp_path / "empty.tif",
        np.full((3, 64, 64), 100, np.uint8),
        photometric="minisblack",
        metadata={"axes": "TYX"},
    )
    folder = run(tmp_path / "empty.tif", tmp_path / "results", ALL_EXPORTS)
    cells = pd.read_csv(folder / csv_of("cells"))
    assert len(cells) == 0
    assert "area_px2" in cells.columns


def test_a_frame_that_is_not_a_number_is_named(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).normal(100, 5, (3, 64, 64)).astype(np.float32)
    frames[1, 5, 5] = np.nan
    tifffile.imwrite(tmp_path / "nan.tif", frames, photometric="minisblack", metadata={"axes": "TYX"})
    with pytest.raises(InvalidInputError, match=r"[Ff]rame 1"):
        run(tmp_path / "nan.tif", tmp_path / "results")


def test_a_changed_declaration_of_a_measure_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    movie = write_small_movie(tmp_path)

    def keys() -> dict[Step, StepKey]:
        source = Source(movie, tmp_path / "labels.tif")
        folder = AnalysisFolder(tmp_path / "out")
        return open_job(source, folder, RunConfig(), progress=silent).keys

    before = keys()
    monkeypatch.setattr(job, "declarations_key", lambda: "another")
    changed = {step for step, key in keys().items() if key != before[step]}
    assert changed == {"measure", "export", "report"}
