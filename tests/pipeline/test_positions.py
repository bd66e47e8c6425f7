"""A movie of which only the positions of cells are known, through every step."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from podia.cli.run import run_movies
from podia.data.config import override
from podia.data.errors import InvalidInputError
from podia.data.tables import CELLS
from podia.evaluation.evaluate import evaluate
from podia.io.layout import CTC, LABELS, LABELS_TIFF, LINEAGE, TRACKMATE, csv_of, parquet_of
from podia.io.points import read_points
from podia.io.read import read, read_labels
from podia.io.tracks.geff import read_geff
from podia.labels.points import labels_of_points
from podia.networks.card import ModelCard
from podia.networks.model_file import save_model
from podia.networks.models.registry import build_network
from podia.networks.outputs.spots import SpotsDecode
from podia.pipeline.again import run_again
from podia.pipeline.config import RunConfig
from podia.pipeline.outcome import Outcome, summary_table
from podia.pipeline.run import run
from podia.results.results import Results
from podia.testing.small_movies import N_FRAMES, crawling_discs, write_small_movie

STANDING = override(RunConfig(exports=("tiff", "ctc", "trackmate")), ["preprocessing.drift.enabled=false"])
OF_OUTLINES = ("area", "perimeter", "circularity", "feret_max", "body_radius", "n_protrusions", "bbox_top")


def write_points(path: Path) -> Path:
    """Write the centre of every disc of the small movie, as podia's CSV."""
    rows = [
        (frame, *np.argwhere(labels == value).mean(axis=0))
        for frame, labels in enumerate(crawling_discs())
        for value in np.unique(labels[labels > 0])
    ]
    pd.DataFrame(rows, columns=["frame", "y", "x"]).to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Results:
    root = tmp_path_factory.mktemp("points")
    movie = write_small_movie(root)
    return run(movie, root / "results", STANDING, points=write_points(root / "points.csv"))


def test_cells_are_counted_and_followed(done: Results) -> None:
    cells, tracks = pd.read_csv(done / csv_of("cells")), pd.read_csv(done / csv_of("tracks"))
    assert pd.read_csv(done / csv_of("frames"))["n_cells"].tolist() == [3, 3, 3, 4, 4, 4]
    assert len(tracks) == 5
    assert (pd.read_csv(done / csv_of("events"))["event"] == "division").sum() == 2
    crawler = cells[(cells["y_px"] - 30).abs() < 1]
    assert len(crawler) == N_FRAMES
    assert (crawler["track_id"] == crawler["track_id"].iloc[0]).all()
    # 3 px of 0.5 um in 5 min.
    np.testing.assert_allclose(crawler["speed_um_per_min"].dropna(), 3 * 0.5 / 5, atol=0.02)


def test_what_needs_outlines_is_undefined(done: Results) -> None:
    lineage, calibration = read_geff(done / LINEAGE)
    cells = CELLS.to_base(pd.read_parquet(done / parquet_of("cells")), calibration)
    assert len(cells) == len(lineage.nodes)
    assert cells[list(OF_OUTLINES)].isna().all(axis=None)
    assert pd.read_csv(done / csv_of("frames"))["confluence"].isna().all()
    for empty in ("protrusions", "protrusion_events", "shape_modes", "division_rounding", "edge_events"):
        assert pd.read_csv(done / csv_of(empty)).empty
    assert pd.read_csv(done / csv_of("edges"))["edge_length_um"].isna().all()


def test_the_report_leaves_out_what_needs_outlines_and_says_why(done: Results) -> None:
    page = (done / "report.html").read_text(encoding="utf-8")
    assert "Only positions are known, so shapes" in page
    assert "positions by the table of positions" in page
    for anchor in ("shapes", "protrusions", "edge"):
        assert f'<section id="{anchor}">' not in page
    assert '<section id="migration">' in page
    assert "outlines steady in time" not in page
    assert done.segmentation.made_by == "positions by the table of positions"


def test_exports_hold_a_mark_for_each_cell(done: Results) -> None:
    marks = read_labels(done / LABELS_TIFF)
    assert [len(np.unique(frame)) - 1 for frame in marks] == [3, 3, 3, 4, 4, 4]
    assert (done / CTC / "res_track.txt").is_file()
    assert "<Spot " in (done / TRACKMATE).read_text(encoding="utf-8")


def test_the_labels_say_that_they_mark_positions(done: Results) -> None:
    assert read_labels(done / LABELS).positions_only
    assert not read_labels(done / LABELS_TIFF).positions_only  # a TIFF cannot say so


def test_positions_of_a_folder_are_evaluated_and_marks_are_no_outlines(done: Results) -> None:
    truth = pd.read_csv(done.path.parent / "points.csv")
    found = evaluate(truth, done.path)
    assert found.measures == ("localisation",)
    assert found.scores["F"] == 1.0
    assert found.scores["mean_distance_px"] < 0.3
    with pytest.raises(InvalidInputError, match="has no masks"):
        evaluate(None, done.path)


def test_the_folder_alone_knows_that_it_has_positions(done: Results) -> None:
    before = (done / csv_of("cells")).read_bytes()
    (done.folder.work / "measure.done").unlink()
    again = run_again(done.path, ["report.overlay_fps=5"]).results
    assert (again / csv_of("cells")).read_bytes() == before
    assert "Only positions are known" in (again / "report.html").read_text(encoding="utf-8")


def test_a_summary_leaves_area_and_protrusions_undefined(done: Results) -> None:
    row = summary_table([Outcome("movie", done.path)]).iloc[0]
    assert row["n_tracks"] == 5
    assert np.isnan(row["area_median_um2"])
    assert np.isnan(row["protrusions_per_cell"])


def test_other_positions_are_another_run(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    points = write_points(tmp_path / "points.csv")
    folder = run(movie, tmp_path / "results", STANDING, points=points, until="segment")
    table = pd.read_csv(points)
    table[table["frame"] != N_FRAMES - 1].to_csv(points, index=False)
    run(movie, tmp_path / "results", STANDING, points=points, until="segment")
    stored = read_labels(folder.folder.work_of("segment"))
    assert stored.n_frames == N_FRAMES
    assert not stored.frame(N_FRAMES - 1).any()
    assert stored.frame(0).any()


def test_labels_and_points_exclude_each_other(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    points = write_points(tmp_path / "points.csv")
    with pytest.raises(InvalidInputError, match="Remove one of them"):
        run(movie, tmp_path / "results", STANDING, labels=tmp_path / "labels.tif", points=points)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("6,10,10", "frames 0 to 5"),
        ("0,10,127.6", "is not in the movie"),
        ("0,30.2,25.1", "more than one position"),
    ],
)
def test_a_position_that_cannot_be_is_refused(tmp_path: Path, row: str, words: str) -> None:
    movie = write_small_movie(tmp_path)
    points = write_points(tmp_path / "points.csv")
    points.write_text(points.read_text() + row + "\n")
    with pytest.raises(InvalidInputError, match=words):
        run(movie, tmp_path / "results", STANDING, points=points)


def test_the_marks_of_a_table_keep_their_order(tmp_path: Path) -> None:
    movie = read(write_small_movie(tmp_path))
    table = read_points(write_points(tmp_path / "points.csv"))
    labels = labels_of_points(table, movie)
    assert labels.positions_only
    assert replace(labels, name="other").positions_only
    first = table[table["frame"] == 0]
    for number, (y, x) in enumerate(zip(first["y"], first["x"], strict=True), start=1):
        assert labels.frame(0)[round(y), round(x)] == number


def test_a_model_with_spots_alone_gives_positions(tmp_path: Path) -> None:
    card = ModelCard(
        name="spots",
        architecture="u-lstm-decoder",
        network={"depths": (4, 6, 8), "decoder_kernel": 3, "head": "spots"},
        decode=SpotsDecode(spot_threshold=0.9),
    )
    save_model(
        tmp_path / "spots.safetensors", build_network(card.architecture, card.network, seed=0).eval(), card
    )
    config = override(
        STANDING,
        [
            f"segmentation.network.model='{tmp_path / 'spots.safetensors'}'",
            "segmentation.network.backend=torch",
        ],
    )
    folder = run(write_small_movie(tmp_path), tmp_path / "results", config, until="track")
    assert folder.segmentation.made_by.startswith("positions by the network spots, run by torch")
    assert read_labels(folder / LABELS).positions_only


def test_the_command_takes_masks_or_positions_and_of_one_movie(tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path)
    points = write_points(tmp_path / "points.csv")
    with pytest.raises(InvalidInputError, match="cannot be combined"):
        run_movies([movie], tmp_path / "out", labels=tmp_path / "labels.tif", points=points)
    with pytest.raises(InvalidInputError, match="--points needs a single movie"):
        run_movies([movie, tmp_path / "labels.tif"], tmp_path / "out", points=points)
