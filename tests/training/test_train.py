"""A whole training: learns, resumes to the same weights, and refuses early what cannot work."""

from __future__ import annotations

import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import torch
from lightning_fabric import Fabric

from podia.data.errors import ConfigurationError, InvalidInputError
from podia.networks.card import read_card
from podia.networks.models.network import Tensors
from podia.networks.models.podia_net import PodiaNet
from podia.training import loop
from podia.training.checkpoint import TrainingState
from podia.training.data.data_list import read_data
from podia.training.data.reading_options import ReadingOptions
from podia.training.history import read_history
from podia.training.recipe import load_recipe, recipe_groups, shipped_recipes
from podia.training.split import split_movies
from podia.training.train import TrainingResources, train, train_on
from podia.training.validation import Scores
from tiny_trainings import CPU, tiny_recipe


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def weights(path: Path) -> bytes:
    return path.read_bytes()


def test_a_training_stopped_after_every_step_gives_the_same_weights(disc_movie: Path, tmp_path: Path) -> None:
    train(tiny_recipe(), [disc_movie], tmp_path / "whole", name="tiny", resources=CPU)
    steps: list[int] = []

    def note(state: TrainingState, *_: object) -> None:
        steps.append(state.step)

    stopping = TrainingResources(device="cpu", n_workers=0, minutes=0.0)
    for _ in range(6):
        train(tiny_recipe(), [disc_movie], tmp_path / "parts", name="tiny", resources=stopping, progress=note)
    assert steps == [1, 2, 3, 4, 5, 6]
    assert weights(tmp_path / "whole" / "last.safetensors") == weights(
        tmp_path / "parts" / "last.safetensors"
    )
    rows = [read_history(tmp_path / name / "history.csv") for name in ("whole", "parts")]
    assert [row["loss"] for row in rows[0]] == [row["loss"] for row in rows[1]]


def test_a_recurrent_state_carried_over_is_resumed_too(disc_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(truncated_backpropagation=True, windows_per_sequence=4)
    train(plan, [disc_movie], tmp_path / "whole", name="tiny", resources=CPU)
    stopping = TrainingResources(device="cpu", n_workers=0, minutes=0.0)
    for _ in range(6):
        train(plan, [disc_movie], tmp_path / "parts", name="tiny", resources=stopping)
    assert weights(tmp_path / "whole" / "last.safetensors") == weights(
        tmp_path / "parts" / "last.safetensors"
    )


def test_a_resumed_optimiser_is_filled_once_the_network_is_on_its_device(
    disc_movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopping = replace(CPU, minutes=0.0)
    train(tiny_recipe(), [disc_movie], tmp_path, resources=stopping)
    order: list[str] = []

    def setup(self: Fabric, *given: object) -> object:
        order.append("set up")
        return set_up(self, *given)

    def load(*given: Any, optimiser: torch.optim.Optimizer | None, **named: Any) -> object:
        order.extend(["load"] if optimiser is not None else [])
        return load_checkpoint(*given, optimiser=optimiser, **named)

    set_up, load_checkpoint = Fabric.setup, loop.load_checkpoint
    monkeypatch.setattr(Fabric, "setup", setup)
    monkeypatch.setattr(loop, "load_checkpoint", load)
    train(tiny_recipe(), [disc_movie], tmp_path, resources=stopping)
    assert order == ["set up", "load"]


def test_of_several_devices_only_the_first_validates_and_writes(
    disc_movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = Scores(0.5, 0.5, 2)
    monkeypatch.setattr(Fabric, "is_global_zero", False)
    monkeypatch.setattr(Fabric, "broadcast", lambda _, own: scores if own is None else own)
    train(tiny_recipe(), [disc_movie], tmp_path / "out", resources=CPU)
    assert list((tmp_path / "out").iterdir()) == []


def test_a_training_that_patience_ended_does_no_further_step(disc_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(
        stages=[{"steps": 6, "learning_rate": 1e-12}],
        validation={"every_steps": 1, "max_frames": 1, "patience": 1},
    )
    steps: list[int] = []
    for _ in range(2):
        train(
            plan, [disc_movie], tmp_path, resources=CPU, progress=lambda state, *_: steps.append(state.step)
        )
    assert steps == [1, 2], "the second gave no better score, and there the training ended"


def test_patience_ends_a_stage_and_the_next_one_begins_with_all_of_its_own(
    disc_movie: Path, tmp_path: Path
) -> None:
    plan = tiny_recipe(
        stages=[{"steps": 6, "learning_rate": 1e-12}, {"steps": 5, "learning_rate": 1e-12}],
        validation={"every_steps": 1, "max_frames": 1, "patience": 2},
    )
    steps: list[int] = []
    stopping = replace(CPU, minutes=0.0)
    for _ in range(6):
        train(
            plan,
            [disc_movie],
            tmp_path,
            resources=stopping,
            progress=lambda state, *_: steps.append(state.step),
        )
    # The first is the best there is: two more in the first stage, and two in the second.
    assert steps == [1, 2, 3, 7, 8]
    assert [row["stage"] for row in read_history(tmp_path / "history.csv")] == ["1", "1", "1", "2", "2"]


def test_a_state_is_carried_through_a_sequence_cut_from_its_gradients(
    disc_movie: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[Tensors | None] = []
    training_loss = PodiaNet.training_loss

    def note(self: PodiaNet, clip: Any, target: Any, loss: Any, state: Tensors | None = None) -> Any:
        given.append(state)
        return training_loss(self, clip, target, loss, state)

    monkeypatch.setattr(PodiaNet, "training_loss", note)
    plan = tiny_recipe(truncated_backpropagation=True, windows_per_sequence=4, stages=[{"steps": 6}])
    train(plan, [disc_movie], tmp_path, resources=CPU)
    assert [state is None for state in given] == [True, False, False, False, True, False]
    carried = [tensor for state in given if state is not None for tensor in state]
    assert not any(tensor.requires_grad for tensor in carried)
    assert all(tensor.any() for tensor in carried)


def test_dropout_goes_on_as_it_would_have(disc_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(
        architecture="convlstm-mobilenet-b3",
        network={"base_filters": 4, "dropout": 0.5},
        clips={"length": 5, "patch_px": 32},
        stages=[{"steps": 3}],
    )
    train(plan, [disc_movie], tmp_path / "whole", name="tiny", resources=CPU)
    for _ in range(3):
        torch.manual_seed(7)  # whoever else draws in between
        train(plan, [disc_movie], tmp_path / "parts", name="tiny", resources=replace(CPU, minutes=0.0))
    assert weights(tmp_path / "whole" / "last.safetensors") == weights(
        tmp_path / "parts" / "last.safetensors"
    )


def test_tensorboard_gets_the_history(disc_movie: Path, tmp_path: Path) -> None:
    pytest.importorskip("tensorboard", reason="an optional package")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(tiny_recipe(), [disc_movie], tmp_path, resources=CPU)
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    assert [scalar.step for scalar in events.Scalars("loss")] == [1, 2, 3, 4, 5, 6]


def test_bfloat16_learns_nearly_the_same(disc_movie: Path, tmp_path: Path) -> None:
    for precision in ("32-true", "bf16-mixed"):
        train(tiny_recipe(precision=precision), [disc_movie], tmp_path / precision, resources=CPU)
    whole, half = (
        [float(row["loss"]) for row in read_history(tmp_path / name / "history.csv")]
        for name in ("32-true", "bf16-mixed")
    )
    np.testing.assert_allclose(half, whole, rtol=0.05)
    assert half != whole


def test_a_frozen_encoder_stays_as_it_was(disc_movie: Path, tmp_path: Path) -> None:
    from podia.networks.model_file import load_model
    from podia.networks.models.registry import build_network

    plan = tiny_recipe(
        stages=[{"steps": 2, "learning_rate": 1e-2, "freeze_encoder": True}],
        validation={"every_steps": 1, "max_frames": 1},
    )
    train(plan, [disc_movie], tmp_path, resources=CPU)
    before, after = (
        build_network(plan.architecture, plan.network, seed=plan.seed),
        load_model(tmp_path / "last.safetensors")[0],
    )
    # With the means of batch norm, which move without any gradient; a validation in between changes nothing.
    old, new = (
        {name: tensor for name, tensor in network.state_dict().items() if name.startswith("encoder.")}
        for network in (before, after)
    )
    assert any(name.endswith("running_mean") for name in old)
    assert all(torch.equal(tensor, new[name]) for name, tensor in old.items())
    assert not torch.equal(before.get_parameter("out.weight"), after.get_parameter("out.weight"))


def test_a_network_without_a_pretrained_encoder_has_none_to_freeze(disc_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(architecture="unet", network={}, stages=[{"steps": 1, "freeze_encoder": True}])
    with pytest.raises(ConfigurationError, match="'unet' has no pretrained encoder to freeze"):
        train(plan, [disc_movie], tmp_path, resources=CPU)


def test_the_model_file_tells_what_it_was_trained_on_and_how_well(disc_movie: Path, tmp_path: Path) -> None:
    card = read_card(train(tiny_recipe(licence="CC-BY-4.0"), [disc_movie], tmp_path, resources=CPU))
    assert card.licence == "CC-BY-4.0"
    assert card.architecture == "podia"
    assert card.recipe["clips"]["patch_px"] == 32
    assert set(card.scores) == {"validation SEG", "validation Jaccard"}
    assert "frame" in card.limits


def test_a_size_that_no_movie_was_brought_to_is_not_in_the_card(disc_movie: Path, tmp_path: Path) -> None:
    plan = tiny_recipe(clips={**tiny_recipe().clips.model_dump(), "target_pixel_size_um": 2.0})
    place = replace(CPU, minutes=0.0)
    train(plan, [disc_movie], tmp_path / "unknown", resources=place)
    assert read_card(tmp_path / "unknown" / "last.safetensors").pixel_size_um is None
    reading = ReadingOptions(pixel_size_um=1.5)
    train(plan, [disc_movie], tmp_path / "known", reading=reading, resources=place)
    assert read_card(tmp_path / "known" / "last.safetensors").pixel_size_um == 2.0


def test_another_recipe_does_not_go_on_in_the_same_folder(disc_movie: Path, tmp_path: Path) -> None:
    train(tiny_recipe(), [disc_movie], tmp_path, resources=CPU)
    with pytest.raises(InvalidInputError, match="another recipe"):
        train(tiny_recipe(seed=1), [disc_movie], tmp_path, resources=CPU)


@pytest.mark.parametrize("change", ["cells", "grey values", "coverage", "marks", "tips"])
def test_other_labels_or_movies_of_the_same_names_do_not_go_on_in_the_same_folder(
    disc_movie: Path, tmp_path: Path, change: str
) -> None:
    data, out = tmp_path / "discs", tmp_path / "out"
    shutil.copytree(disc_movie, data)
    train(tiny_recipe(), [data], out, resources=replace(CPU, minutes=0.0))
    plain = reading = ReadingOptions()
    if change == "cells":
        tifffile.imwrite(data / "labels.tif", np.roll(tifffile.imread(data / "labels.tif"), 1, axis=-1))
    elif change == "grey values":
        tifffile.imwrite(data / "movie.tif", 255 - tifffile.imread(data / "movie.tif"))
    elif change == "coverage":
        reading = plain.model_copy(update={"coverage": "partial"})
    elif change == "tips":
        (data / "tips.csv").write_text("frame,y,x\n1,20,18\n")
    movies = read_data([data], reading)
    if change == "marks":
        movies = replace(movies, movies=tuple(replace(movie, instances=False) for movie in movies.movies))
    with pytest.raises(InvalidInputError, match="or other data"):
        train_on(tiny_recipe(), movies, split_movies(read_data([data], plain).movies), out, resources=CPU)


def test_patches_larger_than_frames_are_refused_before_the_first_step(
    disc_movie: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match="128 x 128 px are larger"):
        train(tiny_recipe(clips={"patch_px": 128}), [disc_movie], tmp_path / "out", resources=CPU)
    assert not (tmp_path / "out").exists()


def test_patches_that_do_not_fit_the_stride_are_refused(disc_movie: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"multiple of 16, e\.g\. 48"):
        train(tiny_recipe(clips={"patch_px": 50}), [disc_movie], tmp_path, resources=CPU)


def test_a_batch_that_cannot_fit_is_refused(disc_movie: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="GiB are free"):
        train(
            tiny_recipe(stages=[{"steps": 1, "batch_size": 10_000_000}]),
            [disc_movie],
            tmp_path,
            resources=CPU,
        )


@pytest.mark.skipif(torch.cuda.is_available(), reason="a GPU is there")
def test_a_device_that_is_not_there_is_refused_not_replaced(disc_movie: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"Device 'cuda' is not available\. torch found: cpu"):
        train(tiny_recipe(), [disc_movie], tmp_path / "out", resources=TrainingResources(device="cuda"))
    assert not (tmp_path / "out").exists()


def test_single_cells_cannot_be_learned_from_a_foreground(tmp_path: Path) -> None:
    (tmp_path / "01").mkdir()
    (tmp_path / "01_GT" / "FG").mkdir(parents=True)
    foreground = np.zeros((64, 64), np.uint8)
    foreground[20:40, 20:40] = 1
    for frame in range(3):
        tifffile.imwrite(tmp_path / "01" / f"t{frame:03d}.tif", foreground * 90)
        tifffile.imwrite(tmp_path / "01_GT" / "FG" / f"man_fg{frame:03d}.tif", foreground)
    with pytest.raises(ConfigurationError, match="labels of single cells"):
        train(tiny_recipe(), [tmp_path / "01"], tmp_path / "out", resources=CPU)


def test_a_movie_without_labels_is_refused(tmp_path: Path) -> None:
    (tmp_path / "01").mkdir()
    tifffile.imwrite(tmp_path / "01" / "t000.tif", np.zeros((64, 64), np.uint8))
    with pytest.raises((InvalidInputError, ConfigurationError, OSError), match="label"):
        train(tiny_recipe(), [tmp_path / "01"], tmp_path / "out", resources=CPU)


@pytest.mark.parametrize("name", shipped_recipes())
def test_every_shipped_recipe_is_short_and_names_itself(name: str) -> None:
    from importlib.resources import files

    recipes = Path(str(files("podia.training").joinpath("recipes")))
    (text,) = (path.read_text(encoding="utf-8") for path in recipes.rglob(f"{name}.toml"))
    assert len(text.splitlines()) < 40
    assert load_recipe(name).name == name


def test_what_users_start_from_is_listed_first_and_reproductions_last() -> None:
    assert shipped_recipes()[:4] == ("podia", "points", "points-and-masks", "unet")
    groups = recipe_groups()
    assert "podia-hela" in groups["data sets"]
    assert "u-lstm-decoder" in groups["published"]
    assert len(set(shipped_recipes())) == sum(map(len, groups.values()))


@pytest.mark.parametrize(("name", "expected"), [(None, "my_model"), ("glioma 20x", "glioma 20x")])
def test_a_model_bears_the_name_of_its_folder_or_its_own(
    name: str | None, expected: str, disc_movie: Path, tmp_path: Path
) -> None:
    model = train(tiny_recipe(), [disc_movie], tmp_path / "my_model", name=name, resources=CPU)
    assert read_card(model).name == read_card(model.with_name("last.safetensors")).name == expected
    assert read_card(model).recipe["name"] == tiny_recipe().name
    assert f"<title>{expected} · podia training</title>" in model.with_name("report.html").read_text(
        encoding="utf-8"
    )


def test_an_unknown_recipe_names_the_nearest() -> None:
    with pytest.raises(ConfigurationError, match="podia-phase"):
        load_recipe("podia-phaze")


def test_without_the_packages_for_training_the_command_says_what_to_install(disc_movie: Path) -> None:
    given = ["podia", "train", "podia", str(disc_movie)]
    code = (
        "import sys; sys.modules['lightning_fabric'] = None  # as if it were not installed\n"
        f"from podia.cli.main import main; sys.argv = {given}; main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ended.returncode != 0
    assert ended.stderr.strip() == 'Error: Training requires additional packages: pip install "podia[train]".'
