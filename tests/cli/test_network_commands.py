"""The commands that use a trained model, in this process: starting one for each would take longer than the work."""

from __future__ import annotations

import json
import shutil
import sys
import warnings
from pathlib import Path
from typing import NamedTuple

import pytest
import torch

from podia.cli.main import main
from podia.networks import card
from podia.networks.inference import resolve
from podia.testing.small_movies import write_small_movie
from podia.training.recipe import Recipe

TORCH = ("--set", "segmentation.network.backend=torch", "--set", "segmentation.network.threads=1")
MASKS_BY = f"by the network discs, run by torch {torch.__version__}, cpu, float32"


class Ended(NamedTuple):
    code: int
    out: str
    err: str


class Podia:
    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Ended:
        self._monkeypatch.setattr(sys, "argv", ["podia", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        told = self._capsys.readouterr()
        return Ended(int(ended.value.code or 0), told.out, told.err)


@pytest.fixture
def podia(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Podia:
    # main() sets how warnings are printed; that is put back.
    monkeypatch.setattr(warnings, "formatwarning", warnings.formatwarning)
    return Podia(monkeypatch, capsys)


@pytest.fixture
def shipped(discs_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The name of a model that comes with podia, and of the only one."""
    weights = tmp_path / "weights"
    weights.mkdir()
    shutil.copy(discs_model, weights / "discs.safetensors")
    monkeypatch.setattr(card, "_SHIPPED", weights)
    return "discs"


def network_of(folder: Path) -> str:
    """The name of the network that the record of a run names."""
    (network,) = json.loads((folder / "run.json").read_text())["steps"]["segment"]["networks"]
    return str(network["name"])


def test_a_model_file_is_run_and_told_before_and_after(
    podia: Podia, discs_model: Path, tmp_path: Path
) -> None:
    ended = podia("run", write_small_movie(tmp_path), "-o", tmp_path / "out", "--model", discs_model, *TORCH)
    assert ended.code == 0, ended.err
    assert ended.err.startswith(f"Masks {MASKS_BY}\n")
    assert f"masks {MASKS_BY}\n" in ended.out
    assert network_of(tmp_path / "out" / "movie") == "discs"


def test_a_folder_is_segmented_by_another_method_and_by_a_model(
    podia: Podia, shipped: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out" / "movie"
    arguments = ("--set", "segmentation.method=egt", "--json")
    ended = podia("run", write_small_movie(tmp_path), "-o", folder.parent, *arguments)
    assert (ended.code, ended.err) == (0, "")
    (outcome,) = json.loads(ended.out)
    assert outcome["segmentation"]["source"] == "egt"
    assert "masks by egt, without training" in (folder / "report.html").read_text()
    assert "made by the network" not in (folder / "report.html").read_text()

    ended = podia("segment", folder, "--model", shipped, *TORCH, "--quiet")
    assert (ended.code, ended.err) == (0, "")
    assert f"Masks {MASKS_BY}\n" in ended.out
    ended = podia("segment", folder, "--set", "segmentation.method=egt", "--quiet")
    assert "Masks by egt, without training\n" in ended.out


def test_several_models_are_averaged_and_named(podia: Podia, shipped: str, tmp_path: Path) -> None:
    other = shutil.copy(card.find_model(shipped), tmp_path / "other.safetensors")
    models = ("--model", shipped, "--model", other)
    ended = podia("run", write_small_movie(tmp_path), "-o", tmp_path / "out", *models, *TORCH)
    assert "Masks by the mean of the networks discs + discs, run by" in ended.err
    assert "masks by the mean of the networks discs + discs, run by" in ended.out
    ended = podia("segment", tmp_path / "out" / "movie", "--model", shipped, *TORCH)
    assert "Masks by the network discs, run by" in ended.out  # the other one is not kept


def test_json_tells_the_model_and_nothing_else_is_said(podia: Podia, shipped: str, tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path, n_frames=2)
    ended = podia("run", movie, "-o", tmp_path / "out", "--model", shipped, *TORCH, "--json")
    assert (ended.code, ended.err) == (0, "")
    (outcome,) = json.loads(ended.out)
    assert outcome["segmentation"]["networks"][0]["name"] == "discs"
    assert len(outcome["segmentation"]["networks"][0]["sha256"]) == 64


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--model", "dics"], "There is no model 'dics'. Did you mean 'discs'?"),
        (["--model", "movie.tif"], "movie.tif is not a safetensors file"),
        (["--model", "discs", "--method", "egt"], "--model requires the method network"),
        (["--model", "discs", "--set", "segmentation.network.backend=onnx"], 'pip install "podia[onnx]"'),
        (["--model", "discs", "--set", "segmentation.network.backend=tensorflow"], "network.backend"),
        (["--method", "cellpose"], "segmentation.method"),
    ],
)
def test_what_cannot_be_run_is_one_line_for_all_movies_and_nothing_is_written(
    arguments: list[str],
    message: str,
    podia: Podia,
    shipped: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(resolve, "find_spec", lambda _: None)
    monkeypatch.chdir(tmp_path)
    movies = [write_small_movie(tmp_path, name=name) for name in ("movie.tif", "other.tif")]
    ended = podia("run", *movies, "-o", "out", *arguments)
    assert ended.code == 2
    assert message in ended.err
    assert ended.err.count("\n") == 1
    assert not (tmp_path / "out").exists()
    assert shipped


def test_a_folder_keeps_its_masks_where_the_model_asked_for_is_not_there(
    podia: Podia, shipped: str, tmp_path: Path
) -> None:
    folder = tmp_path / "out" / "movie"
    arguments = ("-o", folder.parent, "--model", shipped, *TORCH, "--quiet")
    podia("run", write_small_movie(tmp_path, n_frames=2), *arguments)
    ended = podia("segment", folder, "--model", "nowhere.safetensors")
    assert ended.code == 2
    assert "There is no model 'nowhere.safetensors'" in ended.err
    assert network_of(folder) == "discs"
    assert podia("report", folder, "--quiet").code == 0


def test_labels_of_another_program_need_no_model(podia: Podia, tmp_path: Path) -> None:
    movie = write_small_movie(tmp_path, n_frames=2)
    arguments = ("--labels", tmp_path / "labels.tif", "--model", "no-such-model", "--quiet")
    ended = podia("run", movie, "-o", tmp_path / "out", *arguments)
    assert ended.code == 0, ended.err
    assert "masks by the labels file\n" in ended.out


def test_a_shipped_model_is_listed_and_shown_by_name_and_by_file(podia: Podia, shipped: str) -> None:
    (listed,) = json.loads(podia("models", "list", "--json").out)["trained"]
    assert listed["name"] == shipped
    assert "trained on Crawling discs (CC0-1.0)" in listed["summary"]
    assert "trained on Crawling discs (CC0-1.0)" in podia("models", "list").out
    by_name = json.loads(podia("models", "show", shipped, "--json").out)
    by_file = json.loads(podia("models", "show", by_name["file"], "--json").out)
    assert by_name == by_file
    assert by_name["card"]["limits"] == "Knows discs alone."
    ended = podia("models", "show", "dics")
    assert ended.code == 2
    assert "Did you mean 'discs'?" in ended.err


def test_without_a_shipped_model_the_list_says_so(
    podia: Podia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card, "_SHIPPED", tmp_path / "nothing")
    assert json.loads(podia("models", "list", "--json").out)["trained"] == []
    assert "Trained models:\n  none" in podia("models", "list").out


def test_encoder_weights_take_the_place_of_the_recipes(
    podia: Podia, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from podia.training import train_model as training

    asked: list[str] = []

    def note(recipe: Recipe, _data: object, output: Path, **_: object) -> Path:
        asked.append(recipe.initial_weights)
        return output / "model.safetensors"

    monkeypatch.setattr(training, "train", note)
    (tmp_path / "mine.pth").touch()
    for given in (["--encoder-weights", "none"], ["--encoder-weights", str(tmp_path / "mine.pth")], []):
        ended = podia("train", "resnet18-unet", tmp_path, "-o", tmp_path / "out", *given, "--quiet")
        assert ended.code == 0, ended.err
    assert asked == ["none", str(tmp_path / "mine.pth"), "imagenet"]
    ended = podia("train", "resnet18-unet", tmp_path, "--encoder-weights", "imagenett")
    assert ended.code == 2
    assert "Did you mean 'imagenet'?" in ended.err
    assert ended.err.count("\n") == 1


def test_recipes_to_start_from_are_listed_and_published_ones_where_asked_for(podia: Podia) -> None:
    shown = podia("train", "--list").out
    assert shown.splitlines()[1].split()[0] == "podia"
    assert "u-lstm-decoder" not in shown
    assert "u-lstm-decoder" in podia("train", "--list", "--all").out
    rows = json.loads(podia("train", "--list", "--all", "--json").out)
    assert {row["group"] for row in rows} == {"recommended", "data sets", "published"}
