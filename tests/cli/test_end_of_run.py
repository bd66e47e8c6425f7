"""What the terminal says at the end of a run: what was found, on what scale, and what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import tifffile
from typer.testing import CliRunner

from podia.cli.main import app
from podia.data.movie import LabelMovie
from podia.io.labels_ome_zarr import write_labels_zarr
from podia.io.layout import LABELS, csv_of
from podia.io.read import read_labels
from podia.pipeline.run import run
from podia.pipeline.run_summary import RunSummary
from podia.results.results import open_results
from podia.testing.small_movies import write_small_movie


def say(*arguments: object) -> str:
    """What a command that goes well prints."""
    ended = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert ended.exit_code == 0, ended.output
    return ended.output


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder of a run with masks of another program, and what was printed."""
    folder = tmp_path_factory.mktemp("ended")
    movie = write_small_movie(folder)
    out = say("run", movie, "-o", folder / "out", "--labels", folder / "labels.tif", "--quiet")
    return folder / "out" / "movie", out


def test_a_run_ends_with_what_was_found_and_where_the_pixel_size_came_from(ended: tuple[Path, str]) -> None:
    lines = [line.split(maxsplit=1) for line in ended[1].splitlines()]
    said = {words[0]: words[1] for words in lines if len(words) == 2}
    assert said["cells"].startswith("21 in 6 frames (3.5 per frame); masks by the labels file")
    assert (said["tracks"], said["divisions"]) == ("5", "1")
    assert "size  0.5 um, from the file" in said["pixel"]
    assert "warnings    " in ended[1]
    assert ended[1].rstrip().endswith("report.html")


def test_problems_come_first_and_json_has_all_warnings(ended: tuple[Path, str]) -> None:
    summary = RunSummary.of(open_results(ended[0]))
    severities = [finding.severity for finding in summary.warnings]
    assert severities == sorted(severities, key=["problem", "check", "note"].index)
    movie, labels = ended[0].parent.parent / "movie.tif", ended[0].parent.parent / "labels.tif"
    (outcome,) = json.loads(say("run", movie, "-o", ended[0].parent, "--labels", labels, "--json"))
    assert (outcome["status"], outcome["cells"], outcome["tracks"], outcome["divisions"]) == (
        "done",
        21,
        5,
        1,
    )
    assert outcome["pixel_size"] == "0.5 um, from the file"
    assert [warning["severity"] for warning in outcome["warnings"]] == severities


def test_a_run_that_finds_no_cell_does_not_look_like_one_that_does(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path, n_frames=2, calibrated=False)
    tifffile.imwrite(
        tmp_path / "none.tif", np.zeros((2, 128, 128), np.uint8), imagej=True, metadata={"axes": "TYX"}
    )
    command = ("run", movie, "-o", tmp_path / "out", "--labels", tmp_path / "none.tif")
    said = say(*command, "--quiet")
    assert said.startswith("PROBLEM: No cells were found")
    assert "cells       0 in 2 frames" in said
    assert "pixel size  unknown, lengths are in px; give it with --pixel-size-um" in said
    (outcome,) = json.loads(say(*command, "--json"))
    assert outcome["status"] == "no cells"
    assert outcome["warnings"][0]["severity"] == "problem"


def test_only_what_is_up_to_date_is_called_so_and_the_record_stays(ended: tuple[Path, str]) -> None:
    folder = ended[0]
    assert "Nothing to do: 'measure' and the steps before it are up to date" in say(
        "measure", folder, "--quiet"
    )
    said = say("measure", folder, "--set", "measurement.shapes.n_clusters=3", "--quiet")
    assert "Updated: measure\n" in said
    assert f"Not up to date: export, report. Run 'podia report {folder}'" in said
    record = json.loads((folder / "run.json").read_text())
    assert record["config"]["measurement"]["shapes"]["n_clusters"] == 3
    assert "report" not in record["steps"]
    said = say("report", folder, "--quiet")
    assert "Updated: export, report\n" in said
    assert "tracks      5" in said


def test_masks_changed_by_hand_are_not_passed_over_in_silence(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path, n_frames=2)
    folder = run(movie, tmp_path / "out", labels=tmp_path / "labels.tif", until="measure")
    before = (folder / csv_of("cells")).read_bytes()
    changed = read_labels(folder / LABELS).to_array()
    changed[changed == 1] = 2
    write_labels_zarr(LabelMovie.from_array(changed), folder / LABELS)
    with pytest.warns(
        UserWarning, match=r"Edited since podia wrote it: masks/labels\.ome\.zarr.*podia apply"
    ):
        run(movie, tmp_path / "out", labels=tmp_path / "labels.tif", until="measure")
    assert (folder / csv_of("cells")).read_bytes() == before
