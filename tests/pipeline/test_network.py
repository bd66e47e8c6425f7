"""Runs whose masks a trained network makes."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import tifffile
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file

from mask_rcnn_cases import SETTINGS, needs_torchvision, small_mask_rcnn
from podia.corrections.operations import CellAt, Redraw
from podia.data.config import override
from podia.data.errors import ConfigurationError, InvalidInputError, MissingDependencyError, PodiaError
from podia.data.progress import silent
from podia.io.analysis_folder import AnalysisFolder
from podia.io.layout import LABELS, LOG, PROBABILITIES, csv_of
from podia.io.read import read, read_labels
from podia.networks.card import METADATA_KEY, ModelCard, read_card
from podia.networks.inference import resolve, streaming
from podia.networks.inference.streaming import CHECKPOINT_FRAMES
from podia.networks.inference.torch_engine import TorchEngine
from podia.networks.model_file import load_model, save_model
from podia.pipeline.again import run_again
from podia.pipeline.config import RunConfig
from podia.pipeline.correct import correct
from podia.pipeline.job import open_job
from podia.pipeline.outcome import Outcome, Task
from podia.pipeline.run import run
from podia.pipeline.source import Source
from podia.pipeline.state_files import StateFiles
from podia.results.results import Results, open_results
from podia.segmentation.config import SegmentationConfig
from podia.testing.small_movies import as_phase_contrast, crawling_discs, times_of, write_small_movie


def config_for(model: Path | str, *settings: str) -> RunConfig:
    """One thread of torch, which is there wherever podia is."""
    chosen = [f"segmentation.network.model='{model}'", "segmentation.network.backend=torch"]
    method = ["segmentation.method=network", "segmentation.network.threads=1"]
    return override(RunConfig(), [*method, *chosen, *settings])


WITH_PROBABILITIES = "segmentation.network.probability_map=true"


def iou(a: NDArray[np.bool_], b: NDArray[np.bool_]) -> float:
    return float(np.count_nonzero(a & b) / np.count_nonzero(a | b))


def segmented(folder: Results) -> dict[str, bytes]:
    """The bytes of what the segment step made."""
    made = {path.name: path.read_bytes() for path in folder.folder.work_of("segment").glob("t*.tif")}
    probabilities = folder / PROBABILITIES
    return made | ({"probabilities": probabilities.read_bytes()} if probabilities.exists() else {})


@pytest.fixture
def passes(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """One entry for each frame that has gone through an encoder; clear it to count anew."""
    counted: list[int] = []
    encode = TorchEngine.encode

    def count(engine: TorchEngine, frame: NDArray[np.float32]) -> tuple[torch.Tensor, ...]:
        counted.append(1)
        return encode(engine, frame)

    monkeypatch.setattr(TorchEngine, "encode", count)
    return counted


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory, discs_model: Path) -> Results:
    """A small movie with its probabilities."""
    root = tmp_path_factory.mktemp("network")
    return run(write_small_movie(root), root / "results", config_for(discs_model, WITH_PROBABILITIES))


def test_a_network_gives_labels_tracks_and_tables(done: Results) -> None:
    labels = read_labels(done / LABELS).to_array()
    truth = crawling_discs()
    assert iou(labels > 0, truth > 0) > 0.7
    crawler = labels[truth == 1]
    assert np.count_nonzero(crawler == np.bincount(crawler[crawler > 0]).argmax()) > 0.7 * crawler.size
    cells, tracks = pd.read_csv(done / csv_of("cells")), pd.read_csv(done / csv_of("tracks"))
    assert len(cells) == sum(len(np.unique(frame)) - 1 for frame in labels)
    assert len(tracks) == len(np.unique(labels)) - 1


def test_the_record_names_the_model_its_content_and_what_ran_it(done: Results, discs_model: Path) -> None:
    record = json.loads((done / "run.json").read_text())
    chosen = resolve.choose_model(config_for(discs_model).segmentation.network)
    told = record["steps"]["segment"]
    assert told["source"] == "network"
    assert told["networks"] == [{"name": "discs", "sha256": chosen.sha256}]
    assert told["runtime"] == f"torch {torch.__version__}, cpu, float32"
    assert record["model"]["sha256"] == chosen.sha256
    assert record["model"]["data"][0]["name"] == "Crawling discs"
    assert record["model"]["limits"] == "Knows discs alone."
    assert f"sha256 of discs {chosen.sha256}" in (done / LOG).read_text()


def test_the_page_names_the_network_what_it_was_trained_on_and_its_limits(done: Results) -> None:
    page = (done / "report.html").read_text()
    assert f"masks by the network discs, run by torch {torch.__version__}" in page
    assert "The masks were made by the network discs" in page
    assert "Trained on Crawling discs (CC0-1.0)." in page
    assert "Known limits: Knows discs alone." in page
    assert "probabilities.tif" in page


def test_a_report_of_the_opened_analysis_has_the_networks_too(done: Results, tmp_path: Path) -> None:
    opened = open_results(done.path)
    assert [card.name for card in opened.models] == ["discs"]
    page = opened.report(tmp_path / "again.html").read_text(encoding="utf-8")
    assert opened.models[0].limits in page
    assert opened.models[0].data[0].name in page


def test_probabilities_lie_on_the_movie(done: Results) -> None:
    movie = read(done.path.parent / "movie.tif")
    probabilities = read(done / PROBABILITIES)
    assert (probabilities.shape, probabilities.dtype) == (movie.shape, np.uint8)
    assert probabilities.calibration == movie.calibration
    cells = read_labels(done / LABELS).to_array() > 0
    values = probabilities.to_array()
    assert values[cells].mean() > 200
    assert values[~cells].mean() < 20


def test_a_second_run_predicts_nothing_and_changes_nothing(done: Results, passes: list[int]) -> None:
    before = times_of(done.path)
    run_again(done.path)
    assert times_of(done.path) == before
    assert not passes


@pytest.mark.parametrize("other", ["segmentation.network.probability_map=false", "segmentation.method=egt"])
def test_probabilities_that_are_no_longer_wanted_are_removed(
    other: str, done: Results, tmp_path: Path
) -> None:
    folder = shutil.copytree(done.path, tmp_path / "copy")
    run_again(folder, [other], until="segment")
    assert not (folder / PROBABILITIES).exists()


class KilledError(BaseException):
    """Stands for SIGKILL: nothing in podia may catch it."""


def kill_at(step: str, frame: int) -> object:
    def progress(now: str, n_done: int, _total: int) -> None:
        if (now, n_done) == (step, frame):
            raise KilledError

    return progress


def test_a_killed_segmentation_goes_on_from_a_kept_state_to_the_same_bytes(
    tmp_path: Path, discs_model: Path, passes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "CHECKPOINT_FRAMES", 4)
    movie = write_small_movie(tmp_path, n_frames=14)
    config = config_for(discs_model, WITH_PROBABILITIES)
    whole = run(movie, tmp_path / "whole", config, until="segment")
    assert len(passes) == 14  # each frame once, the warm-up's with them

    with pytest.raises(KilledError):
        run(movie, tmp_path / "killed", config, progress=kill_at("segment", 11))
    passes.clear()
    killed = run(movie, tmp_path / "killed", config, until="segment")
    # Frame 11 is next. Its gaps are filled from frame 9 on, for which cuts are repaired with a look at 5 and later;
    # the last state before that is the one after frame 3.
    assert len(passes) == 14 - 4
    assert segmented(killed) == segmented(whole)
    assert not list(killed.folder.work_of("segment").glob("state*"))


def test_a_segmentation_killed_while_probabilities_are_written_predicts_nothing_again(
    tmp_path: Path, discs_model: Path, passes: list[int]
) -> None:
    movie = write_small_movie(tmp_path)
    config = config_for(discs_model, WITH_PROBABILITIES)
    with pytest.raises(KilledError):
        run(movie, tmp_path / "killed", config, progress=kill_at("probabilities.tif", 3))
    passes.clear()
    killed = run(movie, tmp_path / "killed", config, until="segment")
    assert not passes
    assert tifffile.imread(killed / PROBABILITIES).shape == (6, 128, 128)


def test_kept_states_reach_back_as_far_as_the_longest_repairs_look(tmp_path: Path) -> None:
    longest = 10 + 5 + 5  # a filled gap, joined pieces, cut pieces
    states = StateFiles(tmp_path)
    for frame in range(100):
        if (frame + 1) % CHECKPOINT_FRAMES == 0:
            states.save(frame, [np.zeros(1, np.float32)])
        needed = frame - 2 * longest
        assert (states.load_latest(needed) is not None) == (needed >= CHECKPOINT_FRAMES)


def test_labels_and_probabilities_follow_a_field_that_drifts(tmp_path: Path, discs_model: Path) -> None:
    truth = crawling_discs(6, 140)
    # A ground that stays as it is, or nothing could tell that the field moved.
    ground = np.random.default_rng(1).normal(0, 5, (140, 140))
    wide = np.clip(as_phase_contrast(truth) + ground, 0, 255).astype(np.uint8)
    seen = [(slice(2 * frame, 2 * frame + 128), slice(frame, frame + 128)) for frame in range(6)]
    moving, truth = (
        np.stack([f[where] for f, where in zip(frames, seen, strict=True)]) for frames in (wide, truth)
    )
    tifffile.imwrite(tmp_path / "moving.tif", moving, imagej=True, metadata={"axes": "TYX"})
    folder = run(tmp_path / "moving.tif", tmp_path / "out", config_for(discs_model, WITH_PROBABILITIES))
    told = json.loads((folder / "run.json").read_text())["steps"]["drift"]
    assert told["largest_shift_px"] == pytest.approx(np.hypot(10, 5), abs=0.2)
    labels = read_labels(folder / LABELS).to_array()
    probabilities = tifffile.imread(folder / PROBABILITIES)
    assert labels.shape == probabilities.shape == moving.shape
    assert iou(labels > 0, truth > 0) > 0.6
    # Looked at is what all frames see: in the first, all but 10 rows and 5 columns; in the last, likewise.
    for empty in (
        probabilities[0, :10],
        probabilities[0, :, :5],
        probabilities[-1, -10:],
        probabilities[-1, :, -5:],
    ):
        assert not empty.any()
    inside = truth > 0
    inside[0, :11] = inside[0, :, :6] = inside[-1, -11:] = inside[-1, :, -6:] = False
    assert probabilities[inside].mean() > probabilities[truth == 0].mean() + 100


@pytest.mark.parametrize(
    ("section", "change"),
    [("split_merge", "enabled=false"), ("gap_filling", "max_gap_frames=1"), ("network", "mode=window")],
)
def test_every_setting_that_a_networks_labels_depend_on_segments_anew(
    section: str, change: str, tmp_path: Path, discs_model: Path
) -> None:
    movie, folder = write_small_movie(tmp_path), AnalysisFolder(tmp_path / "out")
    configs = (config_for(discs_model), config_for(discs_model, f"segmentation.{section}.{change}"))
    keys = [open_job(Source(movie), folder, config, progress=silent).keys for config in configs]
    assert keys[0]["drift"] == keys[1]["drift"]
    assert keys[0]["segment"] != keys[1]["segment"]


def test_settings_of_other_methods_segment_nothing_anew(tmp_path: Path, discs_model: Path) -> None:
    movie, folder = write_small_movie(tmp_path), AnalysisFolder(tmp_path / "out")
    applying = {"method", "network", "split_merge", "gap_filling"}
    others = set(SegmentationConfig.model_fields) - applying
    assert others == {"egt", "phantast", "blobs", "instances"}
    changes = [
        "segmentation.egt.greedy=0",
        "segmentation.phantast.epsilon=0.1",
        "segmentation.blobs.cells=bright",
        "segmentation.instances.split=none",
    ]
    configs = (config_for(discs_model), config_for(discs_model, *changes))
    keys = [open_job(Source(movie), folder, config, progress=silent).keys for config in configs]
    assert keys[0]["segment"] == keys[1]["segment"]


@needs_torchvision
def test_frames_too_large_for_a_network_of_whole_frames_are_told_before_anything_is_written(
    tmp_path: Path,
) -> None:
    card = ModelCard(name="small", architecture="mask-rcnn", network=SETTINGS)
    save_model(tmp_path / "small.safetensors", small_mask_rcnn(), card)
    config = config_for(tmp_path / "small.safetensors", "segmentation.network.tile_above_megapixels=0.001")
    with pytest.raises(ConfigurationError, match=r"128 x 128 px.*Set network\.tile_above_megapixels to 1 or"):
        run(write_small_movie(tmp_path), tmp_path / "out", config)
    assert not (tmp_path / "out").exists()


@pytest.fixture
def own_model(discs_model: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(discs_model, tmp_path / "mine.safetensors"))


def test_a_changed_model_file_is_run_and_an_unchanged_one_is_not(
    tmp_path: Path, own_model: Path, passes: list[int]
) -> None:
    movie = write_small_movie(tmp_path)
    folder = run(movie, tmp_path / "out", config_for(own_model), until="segment")
    passes.clear()
    moved = own_model.rename(tmp_path / "moved.safetensors")
    run(movie, folder.path, config_for(moved), until="segment")
    assert not passes  # the same content under another name

    network, card = load_model(moved)
    torch.nn.init.zeros_(list(network.parameters())[-1])
    save_model(moved, network, card)
    run_again(folder.path, until="segment")
    assert len(passes) == 6


def test_an_ensemble_is_recorded_whole_found_again_and_run_anew_where_a_member_changes(
    tmp_path: Path, discs_model: Path, own_model: Path, monkeypatch: pytest.MonkeyPatch, passes: list[int]
) -> None:
    monkeypatch.chdir(tmp_path)
    rewritten(own_model, name="mine")
    config = config_for(discs_model, f"segmentation.network.ensemble=['{own_model.name}']")
    folder = run(write_small_movie(tmp_path), tmp_path / "out", config)
    checksums = [hashlib.sha256(path.read_bytes()).hexdigest() for path in (discs_model, own_model)]
    record = json.loads((folder / "run.json").read_text())
    assert [one["name"] for one in record["steps"]["segment"]["networks"]] == ["discs", "mine"]
    assert [one["sha256"] for one in record["steps"]["segment"]["networks"]] == checksums
    assert [record["model"]["sha256"], *(m["sha256"] for m in record["ensemble"])] == checksums
    page = (folder / "report.html").read_text()
    assert "made by the mean of the networks discs + mine" in page
    assert all(checksum in page for checksum in checksums)

    passes.clear()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    run_again(folder.path, until="segment")
    assert not passes
    rewritten(own_model, limits="Knows discs better.")
    run_again(folder.path, until="segment")
    assert len(passes) == 12


def test_a_model_file_is_found_again_from_another_place(
    tmp_path: Path, own_model: Path, monkeypatch: pytest.MonkeyPatch, passes: list[int]
) -> None:
    movie = write_small_movie(tmp_path)
    monkeypatch.chdir(tmp_path)
    folder = run(movie, tmp_path / "out", config_for(own_model.name), until="segment")
    passes.clear()
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    run_again(folder.path, until="segment")
    assert not passes


def rewritten(path: Path, **changes: object) -> Path:
    """The model file with another card over the same weights."""
    card = ModelCard.model_validate(read_card(path).model_dump() | changes)
    save_file(load_file(path), path, metadata={METADATA_KEY: card.model_dump_json()})
    return path


def missing(path: Path) -> Path:
    return path.with_name("mien.safetensors")


def no_model(path: Path) -> Path:
    path.write_text("weights, honestly")
    return path


def without_card(path: Path) -> Path:
    save_file(load_file(path), path)
    return path


def cut_off(path: Path) -> Path:
    path.write_bytes(path.read_bytes()[:-100])
    return path


def of_a_newer_podia(path: Path) -> Path:
    return rewritten(path, architecture="u-mamba")


def misfitting(path: Path) -> Path:
    return rewritten(path, network=read_card(path).network | {"depths": (4, 6, 9)})


@pytest.mark.parametrize(
    ("spoil", "error", "message"),
    [
        (missing, InvalidInputError, r"There is no model '.*mien\.safetensors'"),
        (no_model, InvalidInputError, "is not a safetensors file"),
        (without_card, InvalidInputError, "contains weights but no model card"),
        (cut_off, InvalidInputError, "is damaged or truncated"),
        (of_a_newer_podia, ConfigurationError, r"The model card in .* Unknown architecture 'u-mamba'"),
        (misfitting, InvalidInputError, r"do not match the architecture 'u-lstm-decoder'.* of shape \("),
    ],
)
def test_a_model_that_cannot_be_run_is_told_before_anything_is_written(
    spoil, error: type[PodiaError], message: str, tmp_path: Path, own_model: Path
) -> None:
    model = spoil(own_model)
    with pytest.raises(error, match=message) as caught:
        run(write_small_movie(tmp_path), tmp_path / "out", config_for(model))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_a_model_file_that_changes_during_the_run_is_not_taken_for_the_one_in_the_record(
    tmp_path: Path, own_model: Path
) -> None:
    def train_on(step: str, n_done: int, total: int) -> None:
        if step == "drift" and n_done == total:
            rewritten(own_model, limits="Knows discs better.")

    folder = tmp_path / "out"
    with pytest.raises(InvalidInputError, match="was changed or removed since this run began"):
        run(write_small_movie(tmp_path), folder, config_for(own_model), progress=train_on)
    again = run(tmp_path / "movie.tif", folder, config_for(own_model))
    assert json.loads((again / "run.json").read_text())["model"]["limits"] == "Knows discs better."


def test_a_backend_that_is_not_installed_is_told_before_anything_is_written(
    tmp_path: Path, discs_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolve, "find_spec", lambda _: None)
    config = config_for(discs_model, "segmentation.network.backend=openvino")
    with pytest.raises(MissingDependencyError, match=r"openvino, which is not installed.*podia\[openvino\]"):
        run(write_small_movie(tmp_path), tmp_path / "out", config)
    assert not (tmp_path / "out").exists()


def test_given_labels_need_no_model(tmp_path: Path) -> None:
    config = config_for("there-is-no-such-model", WITH_PROBABILITIES)
    folder = run(
        write_small_movie(tmp_path), tmp_path / "out", config, labels=tmp_path / "labels.tif", until="segment"
    )
    stored = np.stack(
        [tifffile.imread(path) for path in sorted(folder.folder.work_of("segment").glob("t*.tif"))]
    )
    np.testing.assert_array_equal(stored, crawling_discs())
    assert not (folder / PROBABILITIES).exists()


def test_movies_side_by_side_share_the_cores_and_come_out_as_alone(
    tmp_path: Path, discs_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openvino", reason="the backend that takes a worker's share of the cores")
    from podia.distributed import run_many

    def segment_and_count_threads(task: Task) -> Outcome:
        """Being defined in here, it is sent to workers whole."""
        from podia.networks.inference.openvino_runtime import OpenVinoRuntime

        counts: list[int] = []
        begin = OpenVinoRuntime.__init__

        def count(runtime: OpenVinoRuntime, threads: int, precision: str) -> None:
            counts.append(threads)
            begin(runtime, threads, precision)

        OpenVinoRuntime.__init__ = count
        run(task.source.movie, task.folder, task.config, until="segment")
        OpenVinoRuntime.__init__ = begin
        return Outcome(str(counts), task.folder)

    monkeypatch.setattr(run_many, "attempt", segment_and_count_threads)
    monkeypatch.setattr(run_many, "CPU_COUNT", 2)
    config = override(
        RunConfig(),
        [
            f"segmentation.network={{model='{discs_model}', backend='openvino'}}",
            "segmentation.method=network",
        ],
    )
    movies = [write_small_movie(tmp_path / str(seed), n_frames=3, seed=seed) for seed in range(2)]
    tasks = [Task(Source(movie), tmp_path / f"beside{seed}", config) for seed, movie in enumerate(movies)]
    assert [outcome.name for outcome in run_many.run_many(tasks, workers=2)] == ["[1]", "[1]"]
    for task in tasks:
        alone = run(task.source.movie, tmp_path / f"alone {task.folder.name}", config, until="segment")
        assert segmented(alone) == segmented(open_results(task.folder))


def test_each_cell_has_the_networks_confidence(done: Results) -> None:
    cells = done.tables.cells
    assert cells["confidence"].between(0, 1).all()
    assert cells["confidence"].std() > 0


def test_a_cell_that_was_redrawn_has_none(done: Results, tmp_path: Path) -> None:
    shutil.copytree(done.path, tmp_path / "results")
    results = open_results(tmp_path / "results")
    row = results.tables.cells.iloc[0]
    frame, y, x = int(row["frame"]), float(row["y_px"]), float(row["x_px"])
    small = ((y - 1, x - 1), (y - 1, x + 1), (y + 1, x + 1), (y + 1, x - 1))
    correct(results, [Redraw(cell=CellAt(frame=frame, y=y, x=x), polygon=small)])
    cells = open_results(results.path).tables.cells
    redrawn = (cells["frame"] == frame) & (cells["track_id"] == row["track_id"])
    assert cells.loc[redrawn, "confidence"].isna().all()
    assert cells.loc[~redrawn, "confidence"].notna().all()
